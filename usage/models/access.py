from django.db import models
from django.db.models import F, Q

from config.kernel.identity import uuid7_key
from pricing.models.rate import FEATURE_PATTERN
from usage.models.debit import Debit
from wallets.models import Account


class Access(models.Model):
    """What an account may use, from an instant of its usage on. A dated fact: never changed.

    The closest pattern with a say decides: an exact feature before the longest pattern; where none has one, it is open.
    Within a pattern a closed one and `none` end what began before them, and those that are open hold side by side.
    debit: what opened it, where it was bought; one of kind `none` with a debit ends only what that debit opened.
    """

    class Kind(models.TextChoices):
        OPEN = "open", "open"
        CLOSED = "closed", "closed"
        NONE = "none", "nothing said"

    id = uuid7_key()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="access", db_index=False)
    pattern = models.CharField(max_length=128, help_text="A code, or a pattern that ends in *.")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    effective_from = models.DateTimeField()
    effective_until = models.DateTimeField(null=True, blank=True)
    debit = models.ForeignKey(
        Debit, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    recorded_at = models.DateTimeField()
    set_by = models.CharField(max_length=150, default="", blank=True)
    reason = models.TextField(default="", blank=True)

    class Meta:
        verbose_name_plural = "access"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["open", "closed"]) | Q(kind="none", effective_until=None),
                name="access_says_one_thing",
                violation_error_message="Access is open or closed for a time, or what was said of it ends.",
            ),
            models.CheckConstraint(
                condition=Q(pattern__regex=FEATURE_PATTERN),
                name="access_names_a_feature_or_a_pattern",
                violation_error_message="Access is to a feature's code or a pattern that ends in *.",
            ),
            models.CheckConstraint(
                condition=Q(effective_from__gte=F("recorded_at")),
                name="access_changes_nothing_past",
                violation_error_message="Access changes from now or later.",
            ),
            models.CheckConstraint(
                condition=Q(effective_until=None) | Q(effective_until__gt=F("effective_from")),
                name="access_ends_after_it_starts",
                violation_error_message="Access ends after it starts.",
            ),
            models.CheckConstraint(
                condition=Q(debit=None) | Q(kind="open", effective_until__isnull=False) | Q(kind="none"),
                name="access_that_was_bought_has_an_end",
                violation_error_message="A debit opens access for a time.",
            ),
        ]
        indexes = [models.Index(fields=["account", "pattern", "effective_until"], name="access_by_its_end")]

    def __str__(self) -> str:
        return f"{self.pattern} {self.get_kind_display()}"
