"""What callers send as an account's policy: what becomes of what grants do not pay, and the steps on the way there."""

from decimal import Decimal
from typing import Annotated, Any

from msgspec import Meta, field

from config.http.scalars import (
    Currency,
    Duration,
    Money,
    Percent,
    Share,
    StartPercent,
    TokenLimit,
    Tokens,
    Whole,
)
from config.http.shapes import Shape
from usage.rules.policies import MOST_STEPS, GracePeriod, MoneyLimit, PolicyChoice
from usage.rules.policies import Throttle as ThrottleChoice


class Throttle(Shape):
    """So many calls, or so many tokens, a minute; one of the two is named."""

    start: Annotated[
        StartPercent | None,
        Meta(description="Holds once this share is spent, in per cent; always by default."),
    ] = field(name="from", default=None)
    calls_per_minute: Annotated[Whole | None, Meta(description="1 or more.")] = None
    tokens_per_minute: Annotated[
        Tokens | None, Meta(description="What a minute refills; a call of more is refused for good.")
    ] = None

    def choice(self) -> ThrottleChoice:
        if self.calls_per_minute is not None and self.tokens_per_minute is not None:
            return ThrottleChoice(self.start or 0, "both", self.tokens_per_minute)
        measure = "calls" if self.calls_per_minute is not None else "tokens" if self.tokens_per_minute else ""
        amount = self.tokens_per_minute or Decimal(self.calls_per_minute or 0)
        return ThrottleChoice(self.start or 0, measure, amount)


class Grace(Shape):
    """What may be spent beyond zero for a while; a time, an amount, or both."""

    lasts: Annotated[Duration | None, Meta(description="From the first token beyond zero on.")] = field(
        name="for", default=None
    )
    tokens: Annotated[Tokens | None, Meta(description="Up to so many.")] = None


class LimitInMoney(Shape):
    """Overage up to so much money, at this price for one token."""

    amount: Money
    unit_price: Annotated[Money, Meta(description="Above 0, in the same currency.")]
    currency: Currency


class Ladder(Shape):
    notify: Annotated[
        Annotated[list[Percent], Meta(max_length=MOST_STEPS)] | None,
        Meta(description="Shares spent at which a debit says `threshold:80`, in per cent."),
    ] = None
    throttle: Annotated[
        Annotated[list[Throttle], Meta(max_length=MOST_STEPS)] | None,
        Meta(description="All of them hold, each from its share on."),
    ] = None
    grace: Annotated[Grace | None, Meta(description="Beyond zero only while it lasts.")] = None
    hold_limit: Annotated[
        Tokens | None, Meta(description="Above 0: a hold whose estimate is more is refused.")
    ] = None


class Block(Ladder, tag_field="mode", tag="block"):
    """What grants do not cover is refused; after a grace, where there is one."""


class Overage(Ladder, tag_field="mode", tag="overage"):
    """What grants do not cover is charged as overage, up to the lowest of the limits; without any, all of it."""

    limit: Annotated[TokenLimit | None, Meta(description="In tokens; null is without limit.")] = None
    limit_percent: Annotated[Share | None, Meta(description="Of the last purchase, in per cent.")] = None
    limit_money: Annotated[LimitInMoney | None, Meta(description="In money.")] = None


def choice(asked: Block | Overage) -> PolicyChoice:
    """The policy that is asked for."""
    caps: dict[str, Any] = {}
    if isinstance(asked, Overage):
        caps = {
            "limit": asked.limit,
            "limit_percent": asked.limit_percent,
            "limit_money": _money(asked.limit_money),
        }
    return PolicyChoice(
        "overage" if isinstance(asked, Overage) else "block",
        notify=tuple(asked.notify or ()),
        throttle=tuple(each.choice() for each in asked.throttle or ()),
        grace=GracePeriod(asked.grace.lasts, asked.grace.tokens) if asked.grace else None,
        hold_limit=asked.hold_limit,
        **caps,
    )


def _money(asked: LimitInMoney | None) -> MoneyLimit | None:
    return MoneyLimit(asked.amount, asked.unit_price, asked.currency) if asked else None
