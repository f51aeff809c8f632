from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from config.kernel.fields import TokensField
from wallets.models import TokenUnit


class TrialOfferQuerySet(models.QuerySet["TrialOffer"]):
    def on(self) -> Self:
        """Offers that can be issued."""
        return self.filter(is_on=True)


class TrialOffer(models.Model):
    """Tokens to try things with, as sales may issue them. What it says holds for trials issued from then on.

    days: how long they last, from the issue or from the first use. activate_within: days in which a trial that
    begins with its first use has to be used first. extension_days: by which it may be extended, once; 0: not.
    remind_days: before the expiry, when the seller is reminded; 0: never. once_per: whom it is given to once.
    """

    class Starts(models.TextChoices):
        AT_ONCE = "at_once", "at once"
        FIRST_USE = "first_use", "when first used"

    class OncePer(models.TextChoices):
        ACCOUNT = "account", "an account"
        DOMAIN = "domain", "a domain"
        NOBODY = "", "as often as you like"

    name = models.CharField(max_length=100, unique=True)
    tokens = TokensField()
    unit = models.ForeignKey(
        TokenUnit, on_delete=models.PROTECT, related_name="+", verbose_name="token unit", db_constraint=False
    )
    days = models.PositiveSmallIntegerField(default=30)
    starts = models.CharField(max_length=9, choices=Starts.choices, default=Starts.AT_ONCE)
    activate_within = models.PositiveSmallIntegerField(
        "days until first use",
        default=90,
        help_text="Of an offer that starts when first used: how long the tokens wait for that.",
    )
    features = ArrayField(
        models.CharField(max_length=128),
        default=list,
        blank=True,
        help_text="Codes or patterns such as chat.*, apart by commas; empty is every feature.",
    )
    priority = models.PositiveSmallIntegerField(default=50, help_text="0 to 100; lower is drawn first.")
    once_per = models.CharField(
        "once", max_length=7, choices=OncePer.choices, default=OncePer.ACCOUNT, blank=True
    )
    extension_days = models.PositiveSmallIntegerField(
        default=0, help_text="By how many days it may be extended, once; 0 is not at all."
    )
    remind_days = models.PositiveSmallIntegerField(
        default=7, help_text="So many days before the expiry the seller is reminded; 0 is never."
    )
    is_on = models.BooleanField("offered", default=True)

    objects = TrialOfferQuerySet.as_manager()
    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(tokens__gt=0),
                name="trial_offer_gives_something",
                violation_error_message="An offer gives a positive number of tokens.",
            ),
            models.CheckConstraint(
                condition=Q(days__gte=1, days__lte=366, activate_within__gte=1, activate_within__lte=366)
                & Q(extension_days__lte=366),
                name="trial_offer_lasts_a_year_at_most",
                violation_error_message="A trial lasts and waits 1 to 366 days, and is extended by 366 at most.",
            ),
            models.CheckConstraint(
                condition=Q(priority__lte=100),
                name="trial_offer_priority_is_0_to_100",
                violation_error_message="A priority lies between 0 and 100.",
            ),
            models.CheckConstraint(
                condition=Q(remind_days__lt=models.F("days")),
                name="trial_offer_reminds_within_its_days",
                violation_error_message="The reminder falls into the trial's days.",
            ),
            models.CheckConstraint(
                condition=Q(starts__in=["at_once", "first_use"], once_per__in=["", "account", "domain"]),
                name="trial_offer_is_in_form",
                violation_error_message="It starts at once or when first used, once an account, a domain or not.",
            ),
        ]

    def __str__(self) -> str:
        return self.name
