from django.db import models

from config.kernel.identity import uuid7_key
from wallets.models import Account


class News(models.Model):
    """One fact as it is told, written once. kind: its type.

    fact: what it is of; a kind tells a fact once. about: the account, where it is of one.
    occurred_at: when it happened by the books; recorded_at: when it was found and handed to whoever chose its type.
    """

    id = uuid7_key()
    kind = models.CharField(max_length=40)
    fact = models.CharField(max_length=120)
    about = models.ForeignKey(
        Account, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    data = models.JSONField()

    class Meta:
        verbose_name_plural = "news"
        constraints = [
            models.UniqueConstraint(fields=["kind", "fact"], name="news_tell_a_fact_once"),
        ]
        indexes = [models.Index(fields=["about", "-id"], name="news_of_an_account")]

    def __str__(self) -> str:
        return self.kind

    @property
    def message_id(self) -> str:
        """The identity that receivers know it by, the same at every attempt."""
        return f"msg_{self.pk.hex}"


class NewsReading(models.Model):
    """How far facts of one sort were read. since_at: what came to be before is told to nobody.

    read_until: of what came to be long enough before, nothing is left that was not read.
    """

    name = models.CharField(max_length=40, primary_key=True)
    since_at = models.DateTimeField()
    read_until = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
