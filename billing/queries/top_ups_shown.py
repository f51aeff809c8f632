"""Top-ups as people see them: what an account's rule says and does, and which need a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billing.models import Offer, TopUp, TopUpRule
from billing.queries.top_ups import limits_of, pack_for, rests_until, rule_of, taken_in_window
from billing.rules.top_up_words import sentence
from billing.rules.top_ups import PACK, Taken, packs_allowed
from wallets.models import Account, TokenUnit
from wallets.rules.holding import Holding

SHOWN = 50
NEED_A_PERSON = 3


@dataclass(frozen=True)
class RuleShown:
    """A rule in words, and why it buys nothing now though the threshold is reached; empty where it would buy."""

    rule: TopUpRule
    words: str
    taken: Taken
    still: str


@dataclass(frozen=True)
class Waiting:
    """Top-ups that wait for their payment, and rules that the breaker switched off: how many, and the first."""

    pending: int
    broken: int
    top_ups: Sequence[TopUp]
    rules: Sequence[TopUpRule]

    @property
    def count(self) -> int:
        return self.pending + self.broken


def rule_shown(account: Account, unit: TokenUnit, holding: Holding, moment: datetime) -> RuleShown | None:
    """The account's rule for a token unit as it stands."""
    rule = rule_of(account.pk, unit.pk)
    if rule is None:
        return None
    taken = taken_in_window(rule, moment)
    return RuleShown(rule, words_of(rule), taken, _still(rule, taken, holding, moment))


def words_of(rule: TopUpRule) -> str:
    """The rule in one plain sentence."""
    return sentence(
        limits_of(rule),
        sku=rule.sku,
        unit=rule.unit.code,
        window=rule.window,
        currency=rule.currency,
        needs_payment=rule.needs_payment,
    )


def top_ups_of(account: Account, unit: TokenUnit) -> list[TopUp]:
    """The account's last top-ups in a token unit, the newest first."""
    rows = TopUp.objects.filter(account=account, rule__unit=unit).select_related("order")
    return list(rows.order_by("-pk")[:SHOWN])


def packs_of(unit: TokenUnit) -> list[Offer]:
    """The packs on sale that give tokens of a unit."""
    rows = Offer.objects.on_sale().filter(kind=PACK, tokens__unit=unit)
    return list(rows.distinct().order_by("code"))


def waiting() -> Waiting:
    """What needs a person."""
    pending, broken = TopUp.objects.pending(), TopUpRule.objects.filter(is_broken=True)
    return Waiting(
        pending=pending.count(),
        broken=broken.count(),
        top_ups=list(pending.select_related("account", "rule__unit").order_by("pk")[:NEED_A_PERSON]),
        rules=list(broken.select_related("account", "unit").order_by("set_at")[:NEED_A_PERSON]),
    )


def rules_said(account: Account, most: int) -> list[tuple[datetime, str, str, str]]:
    """What the account's rules were set to: when, by whom, what and why, the newest first."""
    model: Any = TopUpRule
    rows = model.history.filter(account=account).select_related("unit").order_by("-history_id")[:most]
    return [(row.set_at, row.set_by, _said(row), row.reason) for row in rows]


def _said(row: Any) -> str:
    if row.is_broken:
        return "Top-up: switched off by refusals"
    return f"Top-up: {words_of(row)}" if row.is_on else "Top-up: off"


def _still(rule: TopUpRule, taken: Taken, holding: Holding, moment: datetime) -> str:
    if not rule.is_on or holding.available > rule.threshold:
        return ""
    if rule.account.state != Account.State.ACTIVE:
        return "The account is not active: it buys nothing."
    if rule.top_ups.pending().exists():
        return "A purchase waits for its payment; nothing more is bought until then."
    until = rests_until(rule, moment)
    if until is not None:
        return (
            f"It rests after what was refused or withdrawn, until {until:%-d %b %Y %H:%M} UTC, "
            "or until somebody changes it, or switches it off and on."
        )
    pack = pack_for(rule.sku, rule.unit.code, rule.currency)
    if not isinstance(pack, str) and packs_allowed(limits_of(rule), pack, taken) == 0:
        ends = f"{taken.ends_at:%-d %b %Y %H:%M} UTC"
        return f"What it may buy {rule.get_window_display()} is used up; it buys again from {ends}."
    return ""
