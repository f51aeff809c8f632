from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from config.kernel.identity import uuid7_key
from config.kernel.readonly import MovedBySql
from pricing.models import RateTable
from usage.models.segment import Segment
from wallets.models import Account


class TermsQuerySet(models.QuerySet["Terms"]):
    def latest_first(self) -> Self:
        """The order in which terms are looked through for the one that holds at a moment."""
        return self.order_by(F("effective_from").desc(nulls_last=True), "-recorded_at", "-id")

    def lasting(self) -> Self:
        """Terms that hold, sooner or later: all but those that were withdrawn."""
        taken = TermsWithdrawal.objects.filter(account=OuterRef("account"), terms=OuterRef("pk"))
        return self.filter(~Exists(taken))

    def at(self, moment: datetime) -> Self:
        """Terms that have begun by `moment`, the one in force first."""
        return self.lasting().filter(Q(effective_from=None) | Q(effective_from__lte=moment)).latest_first()

    def scheduled(self, moment: datetime) -> Self:
        """Terms that begin after this instant, the next first."""
        return self.lasting().filter(effective_from__gt=moment).order_by("effective_from")


class Terms(models.Model):
    """Which rate table an account pays by, from an instant of its usage on. A dated fact: never changed.

    effective_from: none is always, for the first table of a new account. table: none is the segment's; where
    there is no segment either, or it has no table then, the default table. Those that have not begun can be withdrawn.
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
            models.CheckConstraint(
                condition=Q(effective_from=None) | Q(effective_from__gte=F("recorded_at")),
                name="terms_change_nothing_past",
                violation_error_message="An account's rate table holds from now or later.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table_id} from {self.effective_from or 'always'}"


class TermsWithdrawal(MovedBySql):
    """That terms were taken back before they began: when, by whom, why. Written by `usage_terms_withdraw_v1` alone."""

    id = uuid7_key()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    terms = models.ForeignKey(
        Terms, on_delete=models.PROTECT, related_name="withdrawals", db_index=False, db_constraint=False
    )
    withdrawn_at = models.DateTimeField()
    withdrawn_by = models.CharField(max_length=150, default="")
    reason = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "terms"],
                name="terms_are_withdrawn_once",
                violation_error_message="These terms are withdrawn already.",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="terms_withdrawal_has_a_reason",
                violation_error_message="A withdrawal needs a reason.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.terms_id} withdrawn"


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
