from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from billing.models.trial_offer import TrialOffer
from config.kernel.fields import TokensField
from config.kernel.identity import uuid7_key
from wallets.models import Account


class TrialRequestQuerySet(models.QuerySet["TrialRequest"]):
    def waiting(self) -> Self:
        """Requests that nobody has decided yet."""
        return self.filter(verdict="")


class TrialRequest(models.Model):
    """A trial beyond its seller's allowance, put before a manager. Decided once, by somebody else.

    key: of the form or the row that asked; the same asks once. tokens: as the offer said then.
    """

    class Verdict(models.TextChoices):
        APPROVED = "approved"
        DECLINED = "declined"

    id = uuid7_key()
    key = models.CharField(max_length=255, unique=True)
    customer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    offer = models.ForeignKey(TrialOffer, on_delete=models.PROTECT, related_name="requests")
    tokens = TokensField()
    opportunity = models.CharField(max_length=128, default="", blank=True)
    domain = models.CharField(max_length=253, default="", blank=True)
    starts_at = models.DateTimeField(null=True, help_text="None: when it is approved.")
    reason = models.TextField()
    seller = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    verdict = models.CharField(max_length=8, choices=Verdict.choices, default="", blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(default="", blank=True)

    objects = TrialRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("seller")),
                name="trial_request_is_decided_by_somebody_else",
                violation_error_message="Who asks for a trial does not approve it: a second person does.",
            ),
            models.CheckConstraint(
                condition=Q(verdict="", decided_by=None, decided_at=None)
                | Q(verdict="approved", decided_by__isnull=False, decided_at__isnull=False)
                | (
                    Q(verdict="declined", decided_by__isnull=False, decided_at__isnull=False)
                    & ~Q(decision_reason="")
                ),
                name="trial_request_waits_or_is_decided",
                violation_error_message="A request waits, or was decided by somebody; who declines says why.",
            ),
            models.UniqueConstraint(
                fields=["offer", "opportunity"],
                condition=~Q(opportunity="") & ~Q(verdict="declined"),
                name="trial_request_is_made_once_an_opportunity",
                violation_error_message="This offer is asked for already for this opportunity.",
            ),
        ]
        indexes = [models.Index(fields=["asked_at"], condition=Q(verdict=""), name="trial_request_waiting")]

    def __str__(self) -> str:
        return f"{self.offer} for {self.customer}"
