from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q

from config.kernel.identity import uuid7_key
from config.kernel.readonly import MovedBySql
from pricing.models import RateTable
from usage.models.segment import Segment
from wallets.models import Account


class TermsQuerySet(models.QuerySet["Terms"]):
    def latest_first(self) -> Self:
        """The order in which terms are looked through for the one that holds at a moment."""
        return self.order_by(F("effective_from").desc(nulls_last=True), "-recorded_at", "-id")

    def at(self, moment: datetime) -> Self:
        """Terms that have begun by `moment`, the one in force first."""
        return self.filter(Q(effective_from=None) | Q(effective_from__lte=moment)).latest_first()


class Terms(models.Model):
    """Which rate table an account pays by, from an instant of its usage on. A dated fact: never changed.

    effective_from: none is always, for the first table of a new account. table: none is the segment's; where
    there is no segment either, or it has no table then, the default table.
    """

    id = uuid7_key()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="terms", db_constraint=True)
    table = models.ForeignKey(
        RateTable, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    segment = models.ForeignKey(
        Segment, null=True, on_delete=models.PROTECT, related_name="members", db_index=False
    )
    effective_from = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()
    set_by = models.CharField(max_length=150, default="")
    reason = models.TextField(default="")

    objects = TermsQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "terms"
        constraints = [
            models.CheckConstraint(
                condition=Q(table=None) | Q(segment=None),
                name="terms_name_a_table_or_a_segment",
                violation_error_message="An account pays by a table of its own or by its segment's.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table_id} from {self.effective_from or 'always'}"


class DefaultTerms(models.Model):
    """Which rate table accounts without terms of their own pay by, from an instant of their usage on."""

    table = models.ForeignKey(RateTable, on_delete=models.PROTECT, related_name="+", db_index=False)
    effective_from = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()
    set_by = models.CharField(max_length=150, default="")
    reason = models.TextField(default="")

    class Meta:
        verbose_name_plural = "default terms"
        constraints = [
            models.UniqueConstraint(
                fields=["effective_from"], nulls_distinct=False, name="one_default_table_begins_at_an_instant"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table_id} from {self.effective_from or 'always'}"


class Standing(MovedBySql):
    """How often what an account pays by has changed. A debit that was priced under an older number is priced again."""

    account = models.OneToOneField(
        Account, primary_key=True, on_delete=models.PROTECT, related_name="standing"
    )
    revision = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"revision {self.revision}"
