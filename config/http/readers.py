"""How single values are read: amounts, moments, references, texts.

Each reader answers a plain value, or raises ValueError with a sentence that a person understands.
"""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from config.http.json_text import Number, Repeated, kind_of
from config.kernel import amounts

LONGEST_REFERENCE = 128
LONGEST_IDENTIFIER = 255
LONGEST_LABEL = 200
LONGEST_PROSE = 1000
DEEPEST_METADATA = 16
LARGEST_WHOLE = 2_147_483_647
LOWEST_PRIORITY = 100
LARGEST_PAGE = 500
LONGEST_LIFETIME = 86_400

# Characters that end a line, reorder the text around them or stand for nothing: separators, bidirectional
# controls, invisible operators, annotations, the byte order mark, lone surrogates.
_INVISIBLE = (
    r"\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\ud800-\udfff\U000e0000-\U000e007f"
)
_IN_A_LINE = re.compile(rf"[\x00-\x1f{_INVISIBLE}]")
_IN_PROSE = re.compile(rf"[\x00-\x08\x0b\x0c\x0e-\x1f{_INVISIBLE}]")

_DAY, _CLOCK = "[0-9]{4}-[0-9]{2}-[0-9]{2}", r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
_MOMENT = re.compile(rf"({_DAY})[Tt ]({_CLOCK})([Zz]|[+-][0-9]{{2}}:[0-9]{{2}})?")
_PLUS_LOST = re.compile(rf"{_DAY}[Tt ]{_CLOCK} [0-9]{{2}}:[0-9]{{2}}")
_DURATION = re.compile(
    r"P(?:([0-9]{1,4})W)?(?:([0-9]{1,5})D)?(?:T(?=[0-9])(?:([0-9]{1,6})H)?(?:([0-9]{1,8})M)?(?:([0-9]{1,9})S)?)?"
)
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def printable(text: str, unprintable: re.Pattern[str] = _IN_A_LINE) -> str:
    """`text`, if every character of it can be shown."""
    if text.isascii() and text.isprintable():
        return text
    if found := unprintable.search(text):
        raise ValueError(f"The character U+{ord(found.group()):04X} is not allowed here.")
    return text


def _text(value: object, longest: int, unprintable: re.Pattern[str] = _IN_A_LINE) -> str:
    if type(value) is not str:
        raise ValueError(f"Expected a text, got {kind_of(value)}.")
    if not value:
        raise ValueError("The text is empty.")
    if len(value) > longest:
        raise ValueError(f"At most {longest} characters are allowed, got {len(value)}.")
    return printable(value, unprintable)


def reference(value: object) -> str:
    """A reference or code: up to 128 printable characters."""
    return _text(value, LONGEST_REFERENCE)


def identifier(value: object) -> str:
    """What another system calls a thing: up to 255 printable characters."""
    return _text(value, LONGEST_IDENTIFIER)


def label(value: object) -> str:
    """A name for people, in one line."""
    return _text(value, LONGEST_LABEL)


def prose(value: object) -> str:
    """A sentence for people; it may have lines."""
    return _text(value, LONGEST_PROSE, _IN_PROSE)


def currency(value: object) -> str:
    if type(value) is not str or not re.fullmatch("[A-Z]{3}", value):
        raise ValueError("Expected a currency's three capital letters, such as USD.")
    return value


def idempotency_key(value: object) -> str:
    if type(value) is not str or not re.fullmatch("[!-~]{1,255}", value):
        raise ValueError("An idempotency key has 1 to 255 visible ASCII characters and no spaces.")
    return value


def _decimal(value: object, places: int) -> Decimal:
    text = value.text if type(value) is Number else value
    if type(text) is not str:
        raise ValueError(f"Expected a decimal number, as a text or a number, got {kind_of(value)}.")
    return amounts.exact(text, places=places)


def above_zero(value: object, places: int) -> Decimal:
    number = _decimal(value, places)
    if number <= 0:
        raise ValueError("The number must be greater than 0.")
    return number


def zero_or_more(value: object, places: int) -> Decimal:
    number = _decimal(value, places)
    if number < 0:
        raise ValueError("The number must not be negative.")
    return number.copy_abs()  # `abs` would round to 28 digits


def whole(value: object) -> int:
    """A whole number that a database integer holds, sent as a number."""
    text = value.text if type(value) is Number else ""
    if not re.fullmatch("[0-9]{1,10}", text) or int(text) > LARGEST_WHOLE:
        raise ValueError(f"Expected a whole number from 0 to {LARGEST_WHOLE}.")
    return int(text)


def lifetime(value: object) -> int:
    """How long something lasts: whole seconds up to a day, sent as a number."""
    text = value.text if type(value) is Number else ""
    if not re.fullmatch("[1-9][0-9]{0,4}", text) or int(text) > LONGEST_LIFETIME:
        raise ValueError(f"Expected whole seconds from 1 to {LONGEST_LIFETIME}.")
    return int(text)


def priority(value: object) -> int:
    """A place in the draw order, 0 to 100."""
    text = value.text if type(value) is Number else ""
    if not re.fullmatch("[0-9]{1,3}", text) or int(text) > LOWEST_PRIORITY:
        raise ValueError(f"Expected a whole number from 0 to {LOWEST_PRIORITY}.")
    return int(text)


def per_cent(value: object, least: int) -> int:
    """A whole number of per cent up to 100, sent as a number."""
    text = value.text if type(value) is Number else ""
    if not re.fullmatch("[0-9]{1,3}", text) or not least <= int(text) <= 100:
        raise ValueError(f"Expected a whole number from {least} to 100.")
    return int(text)


def duration(value: object) -> timedelta:
    """A duration by ISO 8601 in weeks, days, hours, minutes and seconds; a day has 24 hours."""
    found = _DURATION.fullmatch(value) if type(value) is str else None
    if found is None or not any(found.groups()):
        raise ValueError("Expected a duration by ISO 8601, such as PT72H or P3D.")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def page_size(value: object) -> int:
    """How many entries a page shows, sent in a query."""
    if type(value) is not str or not re.fullmatch("[1-9][0-9]{0,2}", value) or int(value) > LARGEST_PAGE:
        raise ValueError(f"Expected a whole number from 1 to {LARGEST_PAGE}.")
    return int(value)


def time_zone(value: object) -> str:
    """The name of a time zone by IANA."""
    name = _text(value, LONGEST_LABEL)
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("Expected a time zone's name by IANA, such as Europe/Berlin.") from None


def moment(value: object) -> datetime:
    """The instant, in UTC, to the microsecond; digits beyond are cut off."""
    if type(value) is not str:
        raise ValueError(f"Expected a time as a text, got {kind_of(value)}.")
    parts = _MOMENT.fullmatch(value)
    if not parts:
        if _PLUS_LOST.fullmatch(value):
            raise ValueError("The + of the offset has to be sent as %2B in an address.")
        raise ValueError("Expected a time by RFC 3339, such as 2026-11-22T10:00:00Z.")
    day, clock, offset = parts.groups()
    if not offset:
        raise ValueError("The time has no offset: end it with Z or, for instance, +01:00.")
    try:
        instant = datetime.fromisoformat(f"{day}T{clock[:15]}{offset.upper()}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("There is no such time.") from None
    if not _EARLIEST <= instant < _LATEST:
        raise ValueError("The time lies outside the years 1970 to 2199.")
    return instant


def day(value: object) -> date:
    """A day of the calendar, in the years 1970 to 2199."""
    if type(value) is not str or not re.fullmatch(_DAY, value):
        raise ValueError("Expected a day, such as 2026-11-22.")
    try:
        found = date.fromisoformat(value)
    except ValueError:
        raise ValueError("There is no such day.") from None
    if not _EARLIEST.date() <= found < _LATEST.date():
        raise ValueError("The day lies outside the years 1970 to 2199.")
    return found


def metadata(value: object) -> dict[str, object]:
    """Any object, as sent. Whole numbers up to 15 digits stay numbers, others are kept as their text."""
    if type(value) is not dict:
        raise ValueError(_named_twice(value) or f"Expected an object, got {kind_of(value)}.")
    return {printable(name): _member(member, DEEPEST_METADATA) for name, member in value.items()}


def _member(value: object, depth: int) -> object:
    if depth == 0:
        raise ValueError(f"At most {DEEPEST_METADATA} levels may be nested.")
    match value:
        case str():
            return printable(value, _IN_PROSE)
        case Number():
            return int(value.text) if re.fullmatch("-?[0-9]{1,15}", value.text) else _number_text(value.text)
        case dict():
            return {printable(name): _member(member, depth - 1) for name, member in value.items()}
        case list():
            return [_member(each, depth - 1) for each in value]
        case Repeated():
            raise ValueError(_named_twice(value))
    return value


def _number_text(text: str) -> str:
    exponent = re.search("[eE](.*)", text[:100])
    if len(text) > 80 or (exponent and abs(int(exponent.group(1))) > 300):
        raise ValueError("The number has too many digits.")
    return text


def _named_twice(value: object) -> str:
    return f"An object names {', '.join(map(repr, value.members))} twice." if type(value) is Repeated else ""
