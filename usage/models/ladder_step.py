from datetime import timedelta
from decimal import Decimal

from django.db import models
from django.db.models import Q

from config.kernel.fields import MoneyField


class LadderStep(models.Model):
    """One rung of a policy. A fact that comes with its policy and is never changed.

    notify: tells when `share` per cent are gone. throttle: from `share` per cent on `amount` calls or tokens a minute.
    grace: beyond zero for the time `lasts` or up to `amount` tokens, then nothing. percent: overage up to `amount` per
    cent of the last purchase. money: overage up to `amount` of `currency`, at `price` a token. hold: of one hold
    `amount` tokens at most.
    """

    class Kind(models.TextChoices):
        NOTIFY = "notify"
        THROTTLE = "throttle"
        GRACE = "grace"
        PERCENT = "percent"
        MONEY = "money"
        HOLD = "hold"

    class Measure(models.TextChoices):
        CALLS = "calls"
        TOKENS = "tokens"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    share = models.SmallIntegerField(null=True)
    measure = models.CharField(max_length=6, choices=Measure.choices, default="")
    amount = MoneyField(null=True)
    lasts = models.DurationField(null=True)
    price = MoneyField(null=True)
    currency = models.CharField(max_length=3, default="")

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="notify", share__gte=1, share__lte=100, amount=None)
                | Q(kind="throttle", share__gte=0, share__lte=100, measure="calls", amount__gte=1)
                | Q(kind="throttle", share__gte=0, share__lte=100, measure="tokens", amount__gt=0)
                | Q(kind="grace", share=None, lasts__gt=timedelta(0), amount=None)
                | Q(kind="grace", share=None, lasts=None, amount__gt=0)
                | Q(kind="grace", share=None, lasts__gt=timedelta(0), amount__gt=0)
                | Q(kind="percent", share=None, amount__gte=0)
                | Q(kind="money", share=None, amount__gte=0, price__gt=0, currency__regex="^[A-Z]{3}$")
                | Q(kind="hold", share=None, amount__gt=0),
                name="%(class)s_fits_its_kind",
                violation_error_message="A step has what its kind needs.",
            ),
        ]

    def __str__(self) -> str:
        amount = _plain(self.amount)
        return {
            "notify": f"tell at {self.share} %",
            "throttle": f"{amount} {self.measure} a minute from {self.share} % on",
            "grace": " or ".join(
                [*([f"{self.lasts}"] if self.lasts else []), *([f"{amount} tokens"] if amount else [])]
            )
            + " of grace",
            "percent": f"overage up to {amount} % of the last purchase",
            "money": f"overage up to {amount} {self.currency} at {_plain(self.price)} a token",
            "hold": f"holds of {amount} tokens at most",
        }[self.kind]


def _plain(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount.normalize():f}"
