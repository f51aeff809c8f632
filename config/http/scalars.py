"""The types that shapes are made of. What a shape holds after reading is a plain Decimal, datetime, str or int."""

from abc import ABCMeta
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from config.http import readers
from config.kernel import amounts

Schema = dict[str, Any]


class Scalar(ABCMeta):
    """A type of a shape that is read by itself: its reader, and what the schema says of it."""

    read: Callable[[object], object]
    schema: Schema


def _scalar(name: str, plain: type, read: Callable[[Any], object], schema: Schema) -> Scalar:
    """A name for the values of `plain` that `read` lets through."""
    named = Scalar(name, (), {"read": staticmethod(read), "schema": schema})
    named.register(plain)
    return named


def _text(longest: int, **more: object) -> Schema:
    return {"type": "string", "minLength": 1, "maxLength": longest, **more}


def _decimal(what: str, places: int) -> Schema:
    pattern = rf"^(0|[1-9][0-9]{{0,17}})(\.[0-9]{{1,{places}}})?$"
    return {
        "description": f"{what}, at most {places} decimals, as a string or a number; read exactly.",
        "oneOf": [{"type": "string", "pattern": pattern}, {"type": "number"}],
        "examples": ["100", "0.5"],
    }


if TYPE_CHECKING:
    Quantity: TypeAlias = Decimal
    QuantityLimit: TypeAlias = Decimal
    Tokens: TypeAlias = Decimal
    TokenLimit: TypeAlias = Decimal
    Money: TypeAlias = Decimal
    Moment: TypeAlias = datetime
    Day: TypeAlias = date
    Whole: TypeAlias = int
    Lifetime: TypeAlias = int
    Priority: TypeAlias = int
    PageSize: TypeAlias = int
    Percent: TypeAlias = int
    StartPercent: TypeAlias = int
    Share: TypeAlias = Decimal
    Duration: TypeAlias = timedelta
    TimeZone: TypeAlias = str
    Reference: TypeAlias = str
    Identifier: TypeAlias = str
    Label: TypeAlias = str
    Prose: TypeAlias = str
    Currency: TypeAlias = str
    IdempotencyKey: TypeAlias = str
    Metadata: TypeAlias = dict[str, object]
else:
    Quantity = _scalar(
        "Quantity",
        Decimal,
        partial(readers.above_zero, places=amounts.QUANTITY_PLACES),
        _decimal("Above 0", amounts.QUANTITY_PLACES),
    )
    QuantityLimit = _scalar(
        "QuantityLimit",
        Decimal,
        partial(readers.zero_or_more, places=amounts.QUANTITY_PLACES),
        _decimal("0 or more", amounts.QUANTITY_PLACES),
    )
    Tokens = _scalar(
        "Tokens",
        Decimal,
        partial(readers.above_zero, places=amounts.TOKEN_PLACES),
        _decimal("Tokens above 0", amounts.TOKEN_PLACES),
    )
    TokenLimit = _scalar(
        "TokenLimit",
        Decimal,
        partial(readers.zero_or_more, places=amounts.TOKEN_PLACES),
        _decimal("Tokens, 0 or more", amounts.TOKEN_PLACES),
    )
    Money = _scalar(
        "Money",
        Decimal,
        partial(readers.zero_or_more, places=amounts.MONEY_PLACES),
        _decimal("Money, 0 or more", amounts.MONEY_PLACES),
    )
    Moment = _scalar(
        "Moment",
        datetime,
        readers.moment,
        {
            "type": "string",
            "format": "date-time",
            "description": "RFC 3339 with an offset, in the years 1970 to 2199.",
            "examples": ["2026-11-22T10:00:00Z"],
        },
    )
    Day = _scalar(
        "Day",
        date,
        readers.day,
        {
            "type": "string",
            "format": "date",
            "description": "A day of the calendar, in the years 1970 to 2199.",
            "examples": ["2026-11-22"],
        },
    )
    Whole = _scalar(
        "Whole", int, readers.whole, {"type": "integer", "minimum": 0, "maximum": readers.LARGEST_WHOLE}
    )
    Lifetime = _scalar(
        "Lifetime",
        int,
        readers.lifetime,
        {"type": "integer", "minimum": 1, "maximum": readers.LONGEST_LIFETIME},
    )
    Priority = _scalar(
        "Priority",
        int,
        readers.priority,
        {"type": "integer", "minimum": 0, "maximum": readers.LOWEST_PRIORITY},
    )
    PageSize = _scalar(
        "PageSize", int, readers.page_size, {"type": "integer", "minimum": 1, "maximum": readers.LARGEST_PAGE}
    )
    Percent = _scalar(
        "Percent", int, partial(readers.per_cent, least=1), {"type": "integer", "minimum": 1, "maximum": 100}
    )
    StartPercent = _scalar(
        "StartPercent",
        int,
        partial(readers.per_cent, least=0),
        {"type": "integer", "minimum": 0, "maximum": 100},
    )
    Share = _scalar(
        "Share",
        Decimal,
        partial(readers.zero_or_more, places=amounts.TOKEN_PLACES),
        _decimal("Per cent, 0 or more", amounts.TOKEN_PLACES),
    )
    Duration = _scalar(
        "Duration",
        timedelta,
        readers.duration,
        {
            "type": "string",
            "description": "ISO 8601 in weeks, days, hours, minutes and seconds.",
            "pattern": "^P([0-9]+W)?([0-9]+D)?(T([0-9]+H)?([0-9]+M)?([0-9]+S)?)?$",
            "examples": ["PT72H"],
        },
    )
    TimeZone = _scalar("TimeZone", str, readers.time_zone, {"type": "string", "examples": ["Europe/Berlin"]})
    Reference = _scalar("Reference", str, readers.reference, _text(readers.LONGEST_REFERENCE))
    Identifier = _scalar("Identifier", str, readers.identifier, _text(readers.LONGEST_IDENTIFIER))
    Label = _scalar("Label", str, readers.label, _text(readers.LONGEST_LABEL))
    Prose = _scalar("Prose", str, readers.prose, _text(readers.LONGEST_PROSE))
    Currency = _scalar("Currency", str, readers.currency, {"type": "string", "pattern": "^[A-Z]{3}$"})
    IdempotencyKey = _scalar("IdempotencyKey", str, readers.idempotency_key, _text(255, pattern="^[!-~]*$"))
    Metadata = _scalar(
        "Metadata",
        dict,
        readers.metadata,
        {"type": "object", "description": "Kept as sent; numbers with a fraction are kept as text."},
    )
