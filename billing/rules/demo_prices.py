"""The demo's price list through ninety days: a feature launched, models cheaper and dearer, and a change announced."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from billing.rules.demo_catalogue import COLUMNS, ModelPrice, rate_rows

SEAT_COLUMNS = ("interval", "heartbeat", "refund_unused")
VOICE, REVIEW, SEAT = "conversation.voice", "code.review", "code.seat"
REVIEW_TOKENS = Decimal("0.4")
VOICE_TOKENS, VOICE_COST, VOICE_MENDED = "3", "0.041", "5.5"
"""AI tokens of a minute, the US dollars that it costs us, which are more, and the tokens that mend that."""


@dataclass(frozen=True)
class Edition:
    """One version of the price list. day: how long ago it was published. begins: days after that it holds from.

    factors: what a model's rates are multiplied by, by the beginning of its name.
    """

    day: int
    reason: str
    factors: Mapping[str, Decimal]
    has_review: bool = True
    voice: str = VOICE_TOKENS
    begins: int = 0


NOW_CHEAPER = {"gpt-": Decimal("0.8"), "claude-opus": Decimal("1.25")}
EDITIONS = (
    Edition(90, "The first price list", {}, has_review=False),
    Edition(48, "Code review is launched", {}),
    Edition(40, "What the vendors changed is passed on", NOW_CHEAPER),
    Edition(2, "Voice is to pay for itself from next month on", NOW_CHEAPER, voice=VOICE_MENDED, begins=16),
)


def edition_csv(edition: Edition, prices: Sequence[ModelPrice]) -> str:
    """The edition as the file that `manage.py ratetable import` reads."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*COLUMNS, *SEAT_COLUMNS])
    writer.writerows(_rows(edition, tuple(prices)))
    return text.getvalue()


def _rows(edition: Edition, prices: tuple[ModelPrice, ...]) -> Iterator[tuple[str, ...]]:
    nothing = ("",) * len(SEAT_COLUMNS)
    place, model_place = COLUMNS.index("tokens"), COLUMNS.index("dimension.model")
    for row in rate_rows(prices, ""):
        tokens = Decimal(row[place]) * _factor(edition, row[model_place])
        yield (*row[:place], f"{tokens.normalize():f}", *row[place + 1 :], *nothing)
    voice = (
        "conversation",
        VOICE,
        "Conversation: voice",
        "minute",
        edition.voice,
        "1",
        "",
        VOICE_COST,
        "USD",
    )
    yield (*voice, *nothing)
    seat = ("code", SEAT, "Code assistant: seat", "interval", "2", "1", "", "", "")
    yield (*seat, "PT1H", "PT30M", "prorata")
    if edition.has_review:
        review = (
            "code",
            REVIEW,
            "Code assistant: review",
            "review",
            f"{REVIEW_TOKENS}",
            "1",
            "",
            "0.0026",
            "USD",
        )
        yield (*review, *nothing)


def _factor(edition: Edition, model: str) -> Decimal:
    return next((by for name, by in edition.factors.items() if model.startswith(name)), Decimal(1))
