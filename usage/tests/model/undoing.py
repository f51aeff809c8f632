"""Reversals: overage first, then what of it was invoiced, then what was repaid, then the draws backwards."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from usage.tests.model.facts import Account, Answer, Debit, Refused, standing
from usage.tests.model.grants import ZERO, Grant
from usage.tests.model.judging import observe
from usage.tests.model.purse import Lot, Purse
from usage.tests.model.world import World


@dataclass
class Undoing:
    """One reversal under way: what is still to be given back, and where it went."""

    purse: Purse
    debit: Debit
    now: datetime
    left: Decimal
    restored: Decimal = ZERO
    lapsed: Decimal = ZERO
    overage: Decimal = ZERO
    draws: dict[int, Decimal] = field(default_factory=dict)

    def give_all_back(self) -> None:
        self.take_off_overage()
        self.credit_invoices()
        self.return_repayments()
        self.return_draws()
        assert self.left == 0

    def take_off_overage(self) -> None:
        for lot in reversed(self._lots()):
            tokens = self._part(lot.open)
            if tokens:
                lot.reversed += tokens
                self.purse.post("overage_reversal", tokens, self.now, lot=lot)
                self.overage += tokens

    def credit_invoices(self) -> None:
        for lot in reversed(self._lots()):
            tokens = self._part(lot.settled)
            if tokens:
                lot.settled -= tokens
                lot.reversed += tokens
                self.purse.post("credit", tokens, self.now, lot=lot)
                self.overage += tokens

    def return_repayments(self) -> None:
        mine = {lot.number: lot for lot in self._lots()}
        for repayment in reversed([r for r in self.purse.repayments if r.lot in mine]):
            tokens = self._part(repayment.tokens - repayment.returned)
            if tokens:
                repayment.returned += tokens
                mine[repayment.lot].repaid -= tokens
                mine[repayment.lot].reversed += tokens
                self._give_back(self.purse.grant(repayment.grant), tokens)

    def return_draws(self) -> None:
        for draw in reversed(self.debit.draws):
            tokens = self._part(draw.tokens - draw.returned)
            if tokens:
                draw.returned += tokens
                self._give_back(self.purse.grant(draw.grant), tokens)

    def _lots(self) -> list[Lot]:
        return [lot for lot in self.purse.lots if lot.number in self.debit.lots]

    def _part(self, there: Decimal) -> Decimal:
        tokens = min(there, self.left)
        self.left -= tokens
        return tokens

    def _give_back(self, grant: Grant, tokens: Decimal) -> None:
        if self.purse.give_back(grant, tokens, self.now):
            self.restored += tokens
        else:
            self.lapsed += tokens
        self.draws[grant.number] = self.draws.get(grant.number, ZERO) + tokens


def reverse(
    world: World,
    product: str,
    number: int,
    key: str,
    body: Hashable,
    now: datetime,
    tokens: Decimal | None = None,
) -> Answer:
    """Give back all that is left of the debit, or `tokens` of it."""
    debit = world.debits.get(number)
    if debit is None or debit.product != product:
        raise Refused("not_found")
    account = world.accounts[debit.account]

    def act() -> tuple[str, dict[str, Any]]:
        left = sum(debit.left, ZERO)
        if (tokens or left) > left or (left == 0 and not (tokens is None and debit.is_free_and_whole)):
            raise Refused("conflict")
        account.settle(now)
        purse, asked = account.purse(debit.unit), left if tokens is None else tokens
        undoing = Undoing(purse, debit, now, asked)
        undoing.give_all_back()
        debit.reversals += 1
        taken_off = take_from_last(debit.left, asked)
        _unrule(account, debit, now, taken_off, is_whole=tokens is None)
        return "reversal", {
            "debit": number,
            "tokens": asked,
            "restored": undoing.restored,
            "lapsed": undoing.lapsed,
            "overage": undoing.overage,
            "draws": list(undoing.draws.items()),
            "lines": taken_off,
            "balance": standing(purse, now),
        }

    return world.once((debit.account, product, key), body, now, act)


def _unrule(
    account: Account, debit: Debit, now: datetime, taken_off: list[Decimal], *, is_whole: bool
) -> None:
    """Take back what the debit counted, covered and opened; of a part what budgets counted. Note what that changes."""
    observe(account, now)
    account.budgets.give_back(debit.budgets, taken_off)
    if not is_whole:
        return
    uncount(account, debit)
    account.allowances.unuse(debit.covers, now)
    account.access.give_back(debit.number, now)


def uncount(account: Account, debit: Debit) -> None:
    """Take the units of the debit off the months that counted them."""
    for line in debit.lines:
        if line.counter:
            account.counts[line.counter] -= line.charged
            if debit.hold:
                debit.hold.charged[line.counter] -= line.charged


def take_from_last(left: list[Decimal], tokens: Decimal) -> list[Decimal]:
    """Lower what is left of the lines, the last first; answers what was taken of each."""
    taken = [ZERO] * len(left)
    for position in reversed(range(len(left))):
        taken[position] = min(left[position], tokens)
        left[position] -= taken[position]
        tokens -= taken[position]
    return taken
