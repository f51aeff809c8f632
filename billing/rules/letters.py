"""News as people read them: a subject and a few plain lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from billing.rules.news_types import TYPES
from config.kernel.amounts import plain

Data = Mapping[str, Any]
LONGEST_SUBJECT = 200


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str
    text: str


def write(kind: str, occurred_at: datetime, data: Data) -> Letter:
    """The mail that tells this. An account is named by its reference: names stand elsewhere and may be erased."""
    subject, *lines = _WRITERS.get(kind, _anything(kind))(data)
    text = "\n".join([*lines, "", f"When: {_moment(occurred_at)}", "", "-- ", _FOOT.format(kind=kind)])
    return Letter(_one_line(subject), text + "\n")


_FOOT = (
    "Sent by Tokendesk, because this address is listed for news of the type {kind}.\n"
    "Whoever runs it can take you off the list."
)


def _limit(data: Data) -> list[str]:
    if data["name"] == "overage":
        return [f"{data['account']}: all the overage that its policy allows is used up"]
    if "budget" not in data:
        return [f"{data['account']}: {data['name']} is reached"]
    whose = f" for {data['per']} {data['value'] or 'unknown'}" if data.get("per") else ""
    limit = f"{_amount(data['limit'])} {data['token']}"
    since = "" if data["period"] == "total" else f", since {_day(data['window_start'])}"
    span = f"{_PERIODS[data['period']]}{since}"
    return [
        f"{data['account']}: budget {data['budget']} is used up",
        f"Account {data['account']} has spent its budget {data['budget']}{whose} of {limit} ({span}).",
    ]


def _threshold(data: Data) -> list[str]:
    share = data["name"].removeprefix("threshold:")
    return [
        f"{data['account']}: {share} % of the tokens are spent",
        "Of what was available when the last grant came into force.",
    ]


def _says(kind: str) -> Callable[[Data], list[str]]:
    return lambda data: [f"{data['account']}: {TYPES[kind].says}"]


def _created(data: Data) -> list[str]:
    lines = [f"Kind: {data['kind']}. Spendable from {_moment(data['effective_at'])}."]
    lines.append(f"Expires: {_moment(data['expires_at']) if data['expires_at'] else 'never'}.")
    if data["features"]:
        lines.append(f"For: {', '.join(data['features'])}.")
    return [f"{data['account']}: {_amount(data['tokens'])} {data['token']} granted", *lines]


def _expiring(data: Data) -> list[str]:
    left = f"{_amount(data['remaining'])} {_kind(data)} {data['token']}"
    return [
        f"{data['account']}: {left} expire in {_days(data['days'])}",
        f"Account {data['account']} has {left} left of a grant that expires on {_moment(data['expires_at'])}.",
        "What is not spent by then is lost.",
    ]


def _expired(data: Data) -> list[str]:
    lost = f"{_amount(data['tokens'])} {_kind(data)} {data['token']}"
    return [
        f"{data['account']}: {lost} have expired",
        f"{lost} of account {data['account']} were not spent by {_moment(data['expires_at'])}.",
    ]


def _trial_expiring(data: Data) -> list[str]:
    spent, given = _amount(data["spent"]), _amount(data["tokens"])
    ends = f"ends on {_moment(data['expires_at'])}" if data["expires_at"] else "has no end"
    return [
        f"{data['account']}: the trial {data['offer']} {ends}",
        f"Account {data['account']} has spent {spent} of {given} {data['token']}. Issued by {data['seller']}.",
        *_opportunity(data),
    ]


def _trial_converted(data: Data) -> list[str]:
    spent, given = _amount(data["spent"]), _amount(data["tokens"])
    rest = "What is left is kept." if data["kept"] else "What was left has ended."
    return [
        f"{data['account']}: the trial {data['offer']} became a purchase",
        f"{spent} of {given} {data['token']} were spent. {rest} Issued by {data['seller']}.",
        *([f"Purchase: {data['purchase']}."] if data["purchase"] else []),
        *_opportunity(data),
    ]


def _opportunity(data: Data) -> list[str]:
    return [f"Opportunity: {data['opportunity']}."] if data["opportunity"] else []


def _hold_expired(data: Data) -> list[str]:
    back, lost, room = (f"{_amount(data[name])} {data['token']}" for name in ("tokens", "lapsed", "overage"))
    gave = f"gave back {back}" if Decimal(data["tokens"]) else "kept no tokens"
    lines = [f"Hold {data['hold']} was not settled by {_moment(data['expires_at'])}. It {gave}."]
    if Decimal(data["lapsed"]):
        lines.append(f"Of these {lost} are lost: their grants had expired or were taken back.")
    if Decimal(data["overage"]):
        lines.append(f"It gave up room for {room} of overage.")
    lines.append("Work that was done under it can be charged by a debit.")
    return [f"{data['account']}: a hold has expired and {gave}", *lines]


def _top_up_pending(data: Data) -> list[str]:
    packs = f"{data['quantity']} × {data['sku']}"
    return [
        f"{data['account']}: a top-up of {_amount(data['tokens'])} {data['token']} waits for payment",
        f"{packs} for {_amount(data['amount'])} {data['currency']}, asked for when {_amount(data['available'])} "
        f"{data['token']} were left.",
        "Its tokens come when somebody confirms that it is paid.",
    ]


def _top_up_refused(data: Data) -> list[str]:
    lines = [f"{data['account']}: a top-up with {data['sku']} was refused", f"Why: {data['reason']}"]
    if data["broken"]:
        lines.append("Refused so often in a row, the rule is switched off until a person switches it on.")
    return lines


def _published(data: Data) -> list[str]:
    return [
        f"Price list {data['rate_table']}: version {data['version']} is published",
        f"It holds for usage from {_moment(data['effective_from'])}.",
    ]


def _announced(data: Data) -> list[str]:
    what = (
        f"Version {data['version']} of the price list {data['rate_table']} holds from then on."
        if data["version"]
        else f"From then on the price list is {data['rate_table']}."
    )
    return [f"{data['account']}: prices change on {_day(data['effective_from'])}", what]


def _anything(kind: str) -> Callable[[Data], list[str]]:
    """What is told of a type that has no wording of its own: its facts, a line each."""
    says = TYPES[kind].says if kind in TYPES else kind

    def letter(data: Data) -> list[str]:
        about = f"{data['account']}: " if data.get("account") else ""
        facts = [f"{name.replace('_', ' ')}: {value}" for name, value in data.items() if value is not None]
        return [about + says, *facts]

    return letter


_WRITERS: dict[str, Callable[[Data], list[str]]] = {
    "balance.threshold": _threshold,
    **{
        kind: _says(kind)
        for kind in (
            *("balance.depleted", "balance.recovered"),
            *("overage.started", "grace.started", "grace.ended"),
        )
    },
    "limit.reached": _limit,
    "grant.created": _created,
    "grant.expiring": _expiring,
    "grant.expired": _expired,
    "hold.expired": _hold_expired,
    "trial.expiring": _trial_expiring,
    "trial.converted": _trial_converted,
    "top_up.pending": _top_up_pending,
    "top_up.refused": _top_up_refused,
    "rate_table.published": _published,
    "price.announced": _announced,
}
_PERIODS = {"day": "a day", "week": "a week", "month": "a month", "total": "in all"}


def _kind(data: Data) -> str:
    return "paid" if data["paid"] else "free"


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"


def _amount(text: str) -> str:
    whole, _, part = plain(Decimal(text)).partition(".")
    return f"{int(whole):,}{'.' + part if part else ''}"


def _moment(value: str | datetime) -> str:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{moment.astimezone(UTC):%-d %b %Y %H:%M} UTC"


def _day(value: str) -> str:
    return f"{date.fromisoformat(value[:10]):%-d %b %Y}"


def _one_line(text: str) -> str:
    """A header's text: what people wrote into references breaks no line and adds no header."""
    return " ".join(text.split())[:LONGEST_SUBJECT]
