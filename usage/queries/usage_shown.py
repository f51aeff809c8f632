"""Usage as callers see it: sums by group, with codes and references for identities."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from config.kernel.amounts import plain, to_money_places, tokens
from config.kernel.errors import InvalidRequest
from pricing.models import Feature, Product
from usage.queries.moments import database_clock
from usage.queries.usage_reader import usage_reader
from usage.rules.answers import instant
from usage.rules.usage_asked import MOST_GROUPS, Clock, UsageQuestion, UsageRow, is_group
from wallets.models import Account, TokenUnit
from wallets.queries.accounts import account_id_of
from wallets.queries.units import unit_named

USUAL_SPAN = timedelta(days=30)

Show = Callable[[Any], Any]


@dataclass(frozen=True)
class UsageAsked:
    """What a caller asked. account, token: by reference and code. since: None is 30 days ago; until: None is now."""

    account: str | None = None
    token: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    group_by: str = ""
    by: str = Clock.OCCURRED
    zone: str = "UTC"


@dataclass(frozen=True)
class Place:
    """Where a list of groups goes on: after the group of these keys. until: the instant that its first page had."""

    until: datetime
    keys: Sequence[Any] | None = None

    def __str__(self) -> str:
        return json.dumps([self.until.isoformat(), *(self.keys or ())], default=str, ensure_ascii=False)


@dataclass(frozen=True)
class Groups:
    """Groups as they are shown, and the place after each."""

    shown: Sequence[dict[str, Any]]
    places: Sequence[Place]


def place(asked: UsageAsked, after: str | None) -> Place:
    """The place that was written as `after`; without one the beginning."""
    if after is None:
        return Place(asked.until or database_clock())
    until, *keys = json.loads(after)
    return Place(datetime.fromisoformat(until), keys)


def usage(asked: UsageAsked, at: Place, *, limit: int) -> Groups:
    """At most so many groups of the usage asked for, from that place on.

    Raises InvalidRequest, HoursForgotten, AccountMissing, UnitMissing.
    """
    question = _question(asked, at.until)
    rows = usage_reader().rows(question, limit=limit, after=at.keys)
    shows = [_show(group, nth, rows, asked.zone) for nth, group in enumerate(question.groups)]
    return Groups(
        [_shown(question.groups, shows, row) for row in rows], [Place(at.until, row.keys) for row in rows]
    )


def _question(asked: UsageAsked, until: datetime) -> UsageQuestion:
    since = asked.since or until - USUAL_SPAN
    if since >= until:
        raise InvalidRequest.at("from", "from has to be earlier than to.")
    return UsageQuestion(
        since,
        until,
        _groups(asked.group_by),
        accounts=frozenset({account_id_of(asked.account, "account")}) if asked.account else None,
        units=frozenset({unit_named(asked.token, "token").pk, 0}) if asked.token else None,
        clock=Clock(asked.by),
        zone=asked.zone,
    )


def _groups(text: str) -> list[str]:
    words = text.split(",") if text else []
    strange = [word for word in words if not is_group(word)]
    if strange:
        raise InvalidRequest.at(
            "group_by", f"Usage is not told apart by {strange[0].rstrip('.') or 'nothing'}."
        )
    if len(set(words)) < len(words) or len(words) > MOST_GROUPS:
        raise InvalidRequest.at("group_by", f"Name at most {MOST_GROUPS} groups, each once.")
    return words


def _show(group: str, nth: int, rows: Sequence[UsageRow], zone: str) -> Show:
    """How a key of this group is written."""
    found = {row.keys[nth] for row in rows} - {None}
    names: dict[str, Callable[[], Mapping[Any, str]]] = {
        "feature": lambda: dict(Feature.objects.filter(pk__in=found).values_list("pk", "code")),
        "product": lambda: dict(Product.objects.filter(pk__in=found).values_list("pk", "code")),
        "token": lambda: dict(TokenUnit.objects.filter(pk__in=found).values_list("pk", "code")),
        "account": lambda: dict(Account.objects.filter(pk__in=found).values_list("pk", "reference")),
    }
    if group in names:
        return names[group]().get
    if group == "hour":
        place = ZoneInfo(zone)
        return lambda at: instant(at) if zone == "UTC" else at.astimezone(place).isoformat()
    if group in ("day", "month"):
        length = 10 if group == "day" else 7
        return lambda day: day.isoformat()[:length]
    return lambda text: text


def _shown(groups: Sequence[str], shows: Sequence[Show], row: UsageRow) -> dict[str, Any]:
    keys = {group: show(key) for group, show, key in zip(groups, shows, row.keys, strict=True)}
    return keys | {
        "quantity": plain(row.quantity),
        "tokens": tokens(row.tokens),
        "cost": plain(to_money_places(row.cost)),
        "calls": int(row.calls),
        "refused": int(row.refused),
    }
