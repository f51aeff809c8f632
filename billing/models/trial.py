from decimal import Decimal
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from billing.models.trial_offer import TrialOffer
from billing.models.trial_request import TrialRequest
from config.kernel.fields import TokensField
from config.kernel.identity import uuid7_key
from wallets.models import Account, TokenUnit


class TrialQuerySet(models.QuerySet["Trial"]):
    def unended(self) -> Self:
        """Trials that were neither revoked nor converted."""
        return self.filter(revoked_at=None, converted_at=None)


class Trial(models.Model):
    """Trial tokens issued on an offer, by a seller or with an order, and what became of them. They are a grant.

    key: of the form or the row that issued it. tokens, days, starts, extension_days, remind_days: the offer's, then.
    seller: none where an order gave it; then no allowance counts it.
    request: the manager's approval, where it was beyond the allowance. opportunity: the CRM's reference.
    once_key: whom the offer is given to once, if to anybody.
    activated_at: when the first usage drew from it. remind_at: when the seller is reminded; none: no more.
    reminded_at: when a person last had it told again. kept: what became of the rest at the conversion.
    """

    class Kept(models.TextChoices):
        KEPT = "kept", "what is left is kept"
        ENDED = "ended", "what was left has ended"

    id = uuid7_key()
    key = models.CharField(max_length=255, unique=True)
    customer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    offer = models.ForeignKey(TrialOffer, on_delete=models.PROTECT, related_name="trials")
    grant_id = models.UUIDField(unique=True)
    unit = models.ForeignKey(TokenUnit, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    tokens = TokensField()
    days = models.PositiveSmallIntegerField()
    starts = models.CharField(max_length=9, choices=TrialOffer.Starts.choices)
    extension_days = models.PositiveSmallIntegerField()
    remind_days = models.PositiveSmallIntegerField()
    seller = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    request = models.OneToOneField(TrialRequest, null=True, on_delete=models.PROTECT, related_name="trial")
    opportunity = models.CharField(max_length=128, default="", blank=True)
    domain = models.CharField(max_length=253, default="", blank=True)
    once_key = models.CharField(max_length=300, null=True)
    reason = models.TextField()
    issued_at = models.DateTimeField()
    activated_at = models.DateTimeField(null=True)
    remind_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    extended_at = models.DateTimeField(null=True)
    extended_by = models.CharField(max_length=150, default="")
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=150, default="")
    revoked_for = models.TextField(default="")
    converted_at = models.DateTimeField(null=True)
    converted_by = models.CharField(max_length=150, default="")
    kept = models.CharField(max_length=5, choices=Kept.choices, default="", blank=True)
    purchase = models.CharField(max_length=255, default="", blank=True)

    objects = TrialQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["offer", "opportunity"],
                condition=~Q(opportunity=""),
                name="trial_is_issued_once_an_opportunity",
                violation_error_message="This offer was issued already for this opportunity.",
            ),
            models.UniqueConstraint(
                fields=["offer", "once_key"],
                name="trial_is_issued_once",
                violation_error_message="This offer was given to this account or domain already.",
            ),
            models.CheckConstraint(
                condition=Q(converted_at=None, kept="")
                | Q(converted_at__isnull=False, kept__in=["kept", "ended"]),
                name="trial_conversion_says_what_is_kept",
                violation_error_message="A conversion says what becomes of the rest.",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None) | Q(converted_at=None),
                name="trial_is_revoked_or_converted",
                violation_error_message="A trial is revoked or converted, never both.",
            ),
            models.CheckConstraint(
                condition=Q(extended_at=None) | Q(extension_days__gt=0),
                name="trial_is_extended_where_its_offer_says",
                violation_error_message="The offer lets nobody extend it.",
            ),
            models.CheckConstraint(
                condition=Q(tokens__gt=Decimal(0), days__gte=1), name="trial_gives_something"
            ),
        ]
        indexes = [
            models.Index(fields=["seller", "unit", "issued_at"], name="trial_of_a_seller"),
            models.Index(fields=["customer", "-id"], name="trial_of_an_account"),
            models.Index(fields=["domain", "-id"], condition=~Q(domain=""), name="trial_of_a_domain"),
            models.Index(fields=["issued_at"], name="trial_by_its_issue"),
            models.Index(fields=["id"], condition=Q(activated_at=None, revoked_at=None), name="trial_unused"),
            models.Index(
                fields=["remind_at"], condition=Q(remind_at__isnull=False), name="trial_to_remind_of"
            ),
            models.Index(
                fields=["reminded_at"], condition=Q(reminded_at__isnull=False), name="trial_reminded_of"
            ),
            models.Index(
                fields=["converted_at"], condition=Q(converted_at__isnull=False), name="trial_converted"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offer} for {self.customer}"
