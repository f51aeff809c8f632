from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from billing.models.offer import Offer
from config.kernel.fields import QuantityField, TokensField
from pricing.models.rate import FEATURE_PATTERN
from wallets.models import TokenUnit


def _names_features(name: str, what: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(pattern__regex=FEATURE_PATTERN),
        name=name,
        violation_error_message=f"{what} a feature's code or a pattern that ends in *.",
    )


class OfferTokens(models.Model):
    """Tokens that one of an offer gives: once, each period anew, or each month of what is paid for by the year.

    share: per cent of the price that pays for them; 0 is none. They are of kind `purchase` where it is more, of kind
    `promo` where they are a bonus, else `included`.
    lasts_days, lasts_months, ends_with_period: how long they last from their start on; none of them is for good.
    features: codes, or patterns that end in `*`; none is every feature.
    """

    class Every(models.TextChoices):
        ONCE = "", "Once"
        PERIOD = "period", "Each period"
        MONTH = "month", "Each month"

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="tokens")
    unit = models.ForeignKey(TokenUnit, on_delete=models.PROTECT, related_name="+")
    tokens = TokensField(help_text="For a quantity of one.")
    every = models.CharField(
        max_length=6,
        choices=Every.choices,
        blank=True,
        default="",
        help_text="Each month: also where the price is of a year, which is then spread evenly over its months.",
    )
    is_bonus = models.BooleanField("bonus", default=False)
    share = models.DecimalField(
        "share of the price",
        max_digits=9,
        decimal_places=6,
        default=Decimal(0),
        help_text="Per cent of the price that pays for these tokens; 0 where they are included or a bonus.",
    )
    lasts_days = models.PositiveIntegerField(
        "last days", null=True, blank=True, validators=[MinValueValidator(1)]
    )
    lasts_months = models.PositiveIntegerField(
        "last months", null=True, blank=True, validators=[MinValueValidator(1)]
    )
    ends_with_period = models.BooleanField(
        "end with their period", default=False, help_text="With their month where they are given each month."
    )
    priority = models.PositiveSmallIntegerField(default=50, validators=[MaxValueValidator(100)])
    features = ArrayField(models.CharField(max_length=128), default=list, blank=True)

    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["pk"]
        verbose_name = verbose_name_plural = "tokens"
        constraints = [
            models.CheckConstraint(
                condition=Q(tokens__gt=0),
                name="offer_gives_more_than_no_tokens",
                violation_error_message="An offer gives more than 0 tokens.",
            ),
            models.CheckConstraint(
                condition=Q(share__gte=0, share__lte=100),
                name="offer_tokens_have_a_share_of_the_price",
                violation_error_message="A share of the price is 0 to 100 per cent.",
            ),
            models.CheckConstraint(
                condition=Q(is_bonus=False) | Q(share=0),
                name="offer_bonus_costs_nothing",
                violation_error_message="A bonus is not paid for: its share of the price is 0.",
            ),
            models.CheckConstraint(
                condition=Q(lasts_days=None, lasts_months=None)
                | Q(lasts_days=None, ends_with_period=False)
                | Q(lasts_months=None, ends_with_period=False),
                name="offer_tokens_last_in_one_way",
                violation_error_message="Tokens last for days, for months, or until their period ends.",
            ),
            models.CheckConstraint(
                condition=Q(ends_with_period=False) | Q(every__in=["period", "month"]),
                name="offer_tokens_of_a_period_end_with_it",
                violation_error_message="Only what is given each period ends with its period.",
            ),
            models.CheckConstraint(
                condition=Q(every__in=["", "period", "month"]), name="offer_tokens_are_known_often"
            ),
            models.CheckConstraint(
                condition=Q(priority__lte=100),
                name="offer_tokens_have_a_priority",
                violation_error_message="A priority lies between 0 and 100.",
            ),
            models.CheckConstraint(
                condition=(Q(lasts_days=None) | Q(lasts_days__range=(1, 36500)))
                & (Q(lasts_months=None) | Q(lasts_months__range=(1, 1200))),
                name="offer_tokens_last_a_while",
                violation_error_message="Tokens last 1 to 36,500 days or 1 to 1,200 months.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tokens.normalize():f} tokens"


class OfferSeats(models.Model):
    """Base seats that one of an offer gives as long as it is active."""

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="seats")
    pattern = models.CharField(max_length=128, help_text="A code, or a pattern that ends in *.")
    seats = models.PositiveIntegerField(validators=[MinValueValidator(1)])

    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["pk"]
        verbose_name = verbose_name_plural = "seats"
        constraints = [
            _names_features("offer_seats_name_features", "Seats name"),
            models.CheckConstraint(
                condition=Q(seats__range=(1, 1_000_000)),
                name="offer_gives_a_seat_or_more",
                violation_error_message="An offer gives 1 to 1,000,000 seats.",
            ),
            models.UniqueConstraint(
                fields=["offer", "pattern"],
                name="offer_seats_are_said_once",
                violation_error_message="The offer gives seats of that already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seats} of {self.pattern}"


class OfferAllowance(models.Model):
    """Units that one of an offer includes in each window as long as it is active. carries: into the next one."""

    class Period(models.TextChoices):
        DAY = "day"
        WEEK = "week"
        MONTH = "month"
        YEAR = "year"
        TOTAL = "total"

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="allowances")
    pattern = models.CharField(max_length=128, help_text="A code, or a pattern that ends in *.")
    units = QuantityField()
    period = models.CharField(max_length=5, choices=Period.choices, default=Period.MONTH)
    carries = QuantityField(null=True, blank=True, help_text="Unused units that go into the next window.")

    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["pk"]
        verbose_name = verbose_name_plural = "included units"
        constraints = [
            _names_features("offer_allowance_names_features", "An allowance names"),
            models.CheckConstraint(
                condition=Q(units__gt=0),
                name="offer_includes_more_than_nothing",
                violation_error_message="An allowance is of more than 0 units.",
            ),
            models.CheckConstraint(
                condition=Q(carries=None) | Q(carries__gte=0),
                name="offer_carries_nothing_negative",
                violation_error_message="What goes into the next window is zero or more.",
            ),
            models.CheckConstraint(
                condition=Q(period__in=["day", "week", "month", "year", "total"]),
                name="offer_allowance_period_is_known",
            ),
            models.UniqueConstraint(
                fields=["offer", "pattern"],
                name="offer_includes_a_pattern_once",
                violation_error_message="The offer includes units of that already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.units.normalize():f} of {self.pattern} a {self.period}"


class OfferAccess(models.Model):
    """What an offer opens as long as it is active."""

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="access")
    pattern = models.CharField(max_length=128, help_text="A code, or a pattern that ends in *.")

    history: Any = HistoricalRecords()

    class Meta:
        ordering = ["pk"]
        verbose_name = verbose_name_plural = "access"
        constraints = [
            _names_features("offer_access_names_features", "Access is to"),
            models.UniqueConstraint(
                fields=["offer", "pattern"],
                name="offer_opens_a_pattern_once",
                violation_error_message="The offer opens that already.",
            ),
        ]

    def __str__(self) -> str:
        return self.pattern
