from django.db import models

from wallets.models import Account


class FigureLook(models.Model):
    """When an account that is a customer elsewhere is looked at again, so that what changed of it is told there."""

    account = models.OneToOneField(
        Account, on_delete=models.PROTECT, related_name="+", primary_key=True, db_constraint=False
    )
    due_at = models.DateTimeField()
    looked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="figures_due")]

    def __str__(self) -> str:
        return f"figures of {self.account_id}"


class FigureReading(models.Model):
    """Until when it was read what moved in accounts."""

    name = models.CharField(max_length=20, primary_key=True)
    read_until = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
