"""How amounts, moments and states are written for people."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from decimal import Context, Decimal, InvalidOperation

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.desk import charts, unfold, whom
from config.kernel import money as kernel_money
from config.kernel.amounts import plain, with_minus

register = template.Library()
register.filter(unfold.as_in_the_menu)

_GOOD = {"active", "live", "clean", "charged", "open", "ok", "in force", "approved"}
_WAITING = {"draft", "scheduled", "suspended", "pending", "overage", "running", "starts later", "in review"}
_BAD = {
    "failed",
    "lies",
    "insufficient_tokens",
    "limit_reached",
    "throttled",
    "account_suspended",
    "sent back",
    "outdated",
    "approval void",
}
_AMOUNT = re.compile(r"(?<![\w.,-])-?(?:\d+\.\d{6}|\d{5,}(?:\.\d+)?|\d{4}(?= [×=]))(?![\w-])", re.ASCII)
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(?:Z|[+-][0-9]{2}:[0-9]{2})", re.ASCII)


@register.filter
def tokens(amount: Decimal | str | None) -> str:
    """The exact amount, thousands apart, without superfluous zeros."""
    if amount is None or amount == "":
        return "–"
    try:
        text = plain(Decimal(amount))
    except InvalidOperation:
        return str(amount)
    whole, _, part = text.partition(".")
    sign, digits = ("−", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(digits):,}{'.' + part if part else ''}"


def link_to(model: str, pk: object, label: object, query: str = "") -> SafeString:
    """A cell of a list that leads to another row's page. model: as in `wallets_account`."""
    address = reverse(f"admin:{model}_change", args=[pk])
    return format_html('<a class="d-inlist" href="{}{}">{}</a>', address, query, label)


@register.filter
def brief(amount: Decimal | None) -> SafeString | str:
    """An amount for a card: two decimals at most, the exact one on hovering."""
    if amount is None:
        return "–"
    places = 0 if abs(amount) >= 1000 else 2
    text = f"{amount:,.{places}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return format_html('<span title="{}">{}</span>', tokens(amount), with_minus(text))


@register.filter
def money(amount: Decimal | None, places: int = 2) -> str:
    """An amount of money with all the decimals of its currency, thousands apart."""
    return "–" if amount is None else with_minus(f"{amount:,.{places}f}")


@register.filter
def in_currency(amount: Decimal | str | None, currency: str) -> str:
    """An exact amount of money with its currency, as everywhere: see `config.kernel.money`."""
    return "–" if amount is None else kernel_money.in_currency(Decimal(amount), currency)


@register.filter
def short(amount: Decimal | None) -> str:
    return "–" if amount is None else charts.brief(amount)


@register.filter
def moment(value: datetime | str | None) -> SafeString | str:
    """A moment to the minute in UTC, exact on hovering. As text it is in ISO 8601, with its offset."""
    if value is None:
        return "–"
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    local = timezone.localtime(value)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(),
        local.strftime("%Y-%m-%d %H:%M:%S.%f UTC"),
        _to_the_minute(value),
    )


def _to_the_minute(value: datetime) -> str:
    return f"{timezone.localtime(value):%-d %b %Y %H:%M}"


@register.filter
def day(value: datetime | None) -> SafeString | str:
    if value is None:
        return "–"
    local = timezone.localtime(value)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(),
        local.strftime("%Y-%m-%d %H:%M:%S UTC"),
        f"{local.day} {local:%b %Y}",
    )


@register.filter
def ago(value: datetime | None) -> str:
    """How long ago, in the largest unit that fits, rounded; or how long until then."""
    if value is None:
        return "never"
    distance = timezone.now() - value  # noqa: TID251 - a page says how long ago
    text = _span(abs(distance))
    if text == "moments":
        return "just now"
    return f"{text} ago" if distance > timedelta(0) else f"in {text}"


@register.filter
def until(value: datetime | None) -> str:
    """How long until something is due, in the largest unit that fits."""
    if value is None:
        return "never"
    distance = value - timezone.now()  # noqa: TID251 - a page says how long until then
    text = _span(distance)
    if distance <= timedelta(0):
        return "now"
    return "within a minute" if text == "moments" else f"in {text}"


def _span(distance: timedelta) -> str:
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        count = round(distance.total_seconds() / size)
        if distance.total_seconds() >= size:
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "moments"


@register.filter
def words(code: object) -> str:
    """A code as words: `late_draw` is "late draw"."""
    return str(code).replace("_", " ").replace("-", " ")


@register.filter
def a_period(code: object) -> str:
    """How often a period comes: `month` is "a month", `total` "in all"."""
    return "in all" if code == "total" else f"a {code}"


@register.simple_tag
def badge(text: object, tone: str = "") -> SafeString:
    """A small label; its tone follows from the word unless one is given."""
    said = str(text)
    if not tone:
        tone = "good" if said in _GOOD else "wait" if said in _WAITING else "bad" if said in _BAD else "plain"
    return format_html('<span class="d-badge d-{}">{}</span>', tone, words(said))


@register.simple_tag
def who_may(permission: str) -> str:
    """The groups whose people may do something, as "Packaging or Sales management"."""
    return whom.groups_that_may(permission) or "an administrator"


@register.filter
def percent(part: Decimal | None) -> str:
    """A share as a signed percentage, for changes."""
    if part is None:
        return "new"
    told = with_minus(f"{part * 100:+,.0f} %")
    return "0 %" if told in ("+0 %", "−0 %") else told


@register.filter
def by_percent(part: Decimal | None) -> str:
    """By what share something changes, signed, to a tenth of a percent; a dash where that can't be told."""
    return "–" if part is None else with_minus(f"{part * 100:+,.1f}\u00a0%")


@register.filter
def share(part: object) -> str:
    """A share of a whole to a tenth of a percent; a dash where there is none."""
    return with_minus(f"{part * 100:,.1f} %") if isinstance(part, Decimal) else "–"


@register.filter
def days(count: Decimal | None) -> str:
    """How long something lasts; None has no end."""
    if count is None:
        return "no end"
    if count >= 3650:
        return "years"
    text = f"{count:,.0f}" if count >= 100 else f"{count:,.1f}".removesuffix(".0")
    return f"{text} day{'' if text == '1' else 's'}"


@register.filter
def signed(amount: Decimal | None) -> SafeString | str:
    """A change for a card, with its sign."""
    if amount is None:
        return "–"
    sign = "+" if amount > 0 else ""
    return format_html("{}{}", sign, brief(amount))


@register.filter
def figure(value: float) -> str:
    """A coordinate for SVG, whatever the language's decimal sign."""
    return f"{value:.1f}"


@register.filter
def cell(cells: dict[str, str] | None, column: str) -> str | None:
    """What stands in a column of a grid's row; None where nothing does."""
    return cells.get(column) if isinstance(cells, dict) else None


@register.filter
def words_of(text: str) -> list[str]:
    return text.split()


@register.filter
def of_hundred(part: Decimal | None, whole: Decimal | None = None) -> str:
    """How long a bar is of a hundred, from 0 to 100; none has no length. whole: 1 where none is given."""
    part, whole = part or Decimal(0), Decimal(1) if whole is None else whole
    return f"{min(max(part / whole, Decimal(0)), Decimal(1)) * 100:.2f}" if whole else "100"


@register.filter
def amount_or_word(value: object) -> str:
    """A decimal as an amount, anything else as words."""
    return tokens(value) if isinstance(value, Decimal) else words(value)


@register.filter
def change_share(change: object) -> str:
    """By how much a value changed, against what it was."""
    old, new = getattr(change, "old", None), getattr(change, "new", None)
    if not isinstance(old, Decimal) or not isinstance(new, Decimal) or not old:
        return ""
    return percent((new - old) / old)


@register.filter
def legible(sentence: str) -> str:
    """A sentence of an explanation, its amounts and instants as the rest of the page writes them."""
    spelled = re.sub(r"(?<=[0-9]:[0-9]{2}) UTC", "Z", sentence, flags=re.ASCII)
    told = _INSTANT.sub(lambda found: _to_the_minute(datetime.fromisoformat(found[0])), spelled)
    return _AMOUNT.sub(lambda found: tokens(found[0]), told).replace("rounded half_", "rounded half ")


@register.filter
def fact(value: object) -> SafeString | str:
    """A stored figure: an instant as a moment, a number as an amount, anything else as it stands."""
    text = "" if value is None else str(value)
    if _INSTANT.fullmatch(text):
        return moment(datetime.fromisoformat(text))
    return tokens(text).replace("_", " ")


@register.filter
def plain_amount(amount: Decimal) -> str:
    """An amount for a script to reckon with."""
    return plain(amount)


@register.filter
def unit_amount(amount: Decimal | None) -> SafeString | str:
    """What one unit comes to, in four digits that count; the exact amount on hovering."""
    if amount is None:
        return "–"
    rounded = Context(prec=4).plus(amount)
    return format_html('<span title="{}">{}</span>', tokens(amount), tokens(rounded))


@register.filter
def negated(amount: Decimal) -> Decimal:
    return -amount


@register.filter
def as_json(value: object) -> str:
    """Stored facts as readable JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
