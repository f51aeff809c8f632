"""Rules by which accounts buy packs by themselves: set as a whole, switched off, and by people switched on again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from billing.errors import TopUpRuleChanged
from billing.models import TopUpRule
from billing.models.top_up import MOST_A_WINDOW, MOST_REFUSALS
from billing.queries.top_ups import pack_for, rule_of
from billing.rules.top_ups import MOST_PACKS, RuleAsked
from billing.services import top_ups
from config.kernel.errors import Conflict, FieldError, InvalidRequest, UnknownReference
from config.kernel.signing import signed
from usage.queries.moments import database_clock
from usage.services.authors import Author
from wallets.errors import AccountClosed
from wallets.models import Account
from wallets.queries.accounts import account_named
from wallets.queries.units import unit_named
from wallets.services import ledger

_SAID = (
    *("threshold", "fill_to", "sku", "most", "window", "most_packs", "most_amount"),
    *("needs_payment", "breaks_after", "is_on"),
)


@transaction.atomic
def set_rule(*, account_id: UUID, asked: RuleAsked, author: Author, now: datetime | None = None) -> TopUpRule:
    """Let this be the account's rule for a token unit from now on; one that says the same changes nothing.

    A rule that the breaker switched off stays off: see `switch_on`. What waits for its payment waits on.

    Raises AccountClosed, UnitMissing, UnknownReference, InvalidRequest that names every field at fault, and
    TopUpRuleChanged where somebody changed it since it was seen.
    """
    state = ledger.lock(account_id)
    if state == Account.State.CLOSED:
        raise AccountClosed
    unit = unit_named(asked.unit)
    currency = _check(asked, unit.code)
    moment = now or database_clock()
    rule = rule_of(account_id, unit.pk)
    _refuse_unseen(rule, asked.seen)
    wanted = {name: getattr(asked, name) for name in _SAID}
    wanted["currency"] = currency if asked.most_amount is not None else ""
    if rule is None:
        rule = TopUpRule(account_id=account_id, unit=unit, revision=0, switched_at=moment)
    elif rule.is_broken:
        wanted["is_on"] = False
    if rule.revision and all(getattr(rule, name) == value for name, value in wanted.items()):
        return rule
    if wanted["is_on"] and rule.revision and not rule.is_on:
        rule.switched_at = moment
    for name, value in wanted.items():
        setattr(rule, name, value)
    return _said(rule, author, moment)


def set_rule_of(*, reference: str, asked: RuleAsked, author: Author) -> TopUpRule:
    """`set_rule` for an account by its reference, which buys at once where its threshold is reached already.

    Raises NotFound besides.
    """
    rule = set_rule(account_id=account_named(reference).pk, asked=asked, author=author)
    top_ups.top_up(account_id=rule.account_id, rule_id=rule.pk)
    return rule


@transaction.atomic
def switch_on(*, account_id: UUID, unit_id: int, author: Author, now: datetime | None = None) -> TopUpRule:
    """Let the rule buy again, though the breaker switched it off; its refusals count anew.

    Raises Conflict where there is none, or where it is on.
    """
    rule = _switched(account_id, unit_id, is_on=True)
    moment = now or database_clock()
    rule.is_on, rule.is_broken, rule.switched_at = True, False, moment
    return _said(rule, author, moment)


@transaction.atomic
def switch_off(*, account_id: UUID, unit_id: int, author: Author, now: datetime | None = None) -> TopUpRule:
    """Let the rule buy nothing more. What waits for its payment waits on.

    Raises Conflict where there is none, or where it is off.
    """
    rule = _switched(account_id, unit_id, is_on=False)
    rule.is_on = False
    return _said(rule, author, now or database_clock())


def _switched(account_id: UUID, unit_id: int, *, is_on: bool) -> TopUpRule:
    ledger.lock(account_id)
    rule = rule_of(account_id, unit_id)
    if rule is None:
        raise Conflict("The account has no rule by which it buys packs.")
    if rule.is_on is is_on:
        raise Conflict(f"The rule is {'on' if is_on else 'off'} already.")
    return rule


def _said(rule: TopUpRule, author: Author, moment: datetime) -> TopUpRule:
    rule.set_by, rule.reason, rule.set_at = author.name, author.reason, moment
    rule.revision += 1
    signed(rule, author.user, author.reason).save()
    return rule


def _refuse_unseen(rule: TopUpRule | None, seen: int | None) -> None:
    present = rule.revision if rule else 0
    if seen is not None and seen != present:
        raise TopUpRuleChanged(present, rule.set_by if rule else "")


def _check(asked: RuleAsked, unit: str) -> str:
    """The currency of the pack.

    Raises InvalidRequest, UnknownReference.
    """
    faults = [fault for fault in _faults(asked) if fault]
    if faults:
        raise InvalidRequest(faults[0].detail, errors=faults)
    pack = pack_for(asked.sku, unit, "")
    if isinstance(pack, str):
        raise UnknownReference(pack, errors=[FieldError("/sku", pack)])
    if asked.most_amount is not None and asked.most_amount < pack.price:
        raise InvalidRequest.at("/most_amount", "One pack costs more than may be spent a window.")
    return pack.currency


def _faults(asked: RuleAsked) -> list[FieldError | None]:
    return [
        _unless(asked.threshold >= 0, "/threshold", "A threshold is 0 or more."),
        _unless(
            asked.fill_to > asked.threshold,
            "/fill_to",
            "Packs are bought until more is there than the threshold.",
        ),
        _within(asked.most, MOST_A_WINDOW, "/most"),
        _unless(asked.window in TopUpRule.Window.values, "/window", "A window is a day, a week or a month."),
        None if asked.most_packs is None else _within(asked.most_packs, MOST_PACKS, "/most_packs"),
        _unless(asked.most_amount is None or asked.most_amount > 0, "/most_amount", "Money is more than 0."),
        _within(asked.breaks_after, MOST_REFUSALS, "/breaks_after"),
    ]


def _unless(is_so: bool, pointer: str, detail: str) -> FieldError | None:
    return None if is_so else FieldError(pointer, detail)


def _within(number: int, most: int, pointer: str) -> FieldError | None:
    return _unless(1 <= number <= most, pointer, f"This is between 1 and {most:,}.")
