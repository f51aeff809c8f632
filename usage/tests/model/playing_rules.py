"""Plays deeds that say what an account may use, has included and may spend; and holds its counts against each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from operator import itemgetter
from typing import Any

from usage.tests.model.access import Said
from usage.tests.model.allowances import Allowance
from usage.tests.model.budgets import Budget
from usage.tests.model.comparing import Disagreement, equal
from usage.tests.model.entitled import may_use
from usage.tests.model.facts import Account
from usage.tests.model.rules import (
    TO_THE_TURN,
    AskWhatMayBeUsed,
    Include,
    SayAccess,
    SetBudget,
    SetMode,
    SetUnlock,
)
from usage.tests.model.windows import end_of_window
from usage.tests.model.world import World


class PlaysRules:
    """A part of Play."""

    world: World
    now: datetime
    instants: list[datetime]
    product: Any
    same: Callable[[Callable[[], Any], Callable[[], Any]], bool]

    def do_Include(self, deed: Include) -> None:
        account = self.world.accounts[deed.account]
        begins = self.now + deed.starts
        ends = None if deed.lasts is None else begins + deed.lasts
        if deed.lasts == TO_THE_TURN:
            ends = end_of_window(account.zone, deed.period, deed.anchor, begins)
        said = Allowance(deed.pattern, deed.units, deed.period, deed.anchor, deed.carries, begins, ends)
        account.allowances.say(said)
        self.product.include(deed.account, said, self.now)
        self._note(begins, ends, *self._ends_of_windows(account))

    def do_SetBudget(self, deed: SetBudget) -> None:
        account = self.world.accounts[deed.account]
        budgets = account.budgets
        if deed.code in budgets.opened:
            self.product.change_budget(deed.account, deed.code, deed.tokens, deed.is_hard, self.now)
        elif deed.tokens is None:
            return
        else:
            budgets.opened[deed.code] = Budget(
                deed.code, "AIT", deed.feature, deed.dimensions, deed.subject, deed.per, deed.period
            )
            opened = budgets.opened[deed.code]
            self.product.open_budget(deed.account, opened, deed.tokens, deed.is_hard, self.now)
        budgets.limits[deed.code] = deed.tokens, deed.is_hard
        self._note(*self._ends_of_windows(account))

    def do_SayAccess(self, deed: SayAccess) -> None:
        begins = self.now + deed.starts
        ends = None if deed.lasts is None else begins + deed.lasts
        said = Said(deed.pattern, deed.kind, begins, ends)
        self.world.accounts[deed.account].access.say(said)
        self.product.say_access(deed.account, said, self.now)
        self._note(begins, ends)

    def do_SetMode(self, deed: SetMode) -> None:
        access = self.world.accounts[deed.account].access
        is_new = access.mode(self.now) != deed.mode
        if is_new:
            access.say(Said("*", "closed" if deed.mode == "bought" else "none", self.now, None))
            self._note(self.now)
        equal("whether the mode is new", self.product.set_mode(deed.account, deed.mode, self.now), is_new)

    def do_AskWhatMayBeUsed(self, deed: AskWhatMayBeUsed) -> None:
        told = self.product.may_use(deed.account, deed.quantity, self.now)
        for feature in self.world.features:
            expected = may_use(self.world, deed.account, feature, deed.quantity, self.now)
            if "invalid_request" in expected.reasons:
                continue  # a part of a period, which no debit could be of
            said = told[feature]
            if not said.reasons <= expected.reasons or said.allowed != expected.allowed:
                raise Disagreement(f"use of {feature}: the product says {said}, the model {expected}")
            cost = said.cost if expected.cost is not None else None
            same = replace(said, reasons=expected.reasons, cost=cost)
            equal(f"what {deed.account} may use of {feature}", same, expected)

    def do_SetUnlock(self, deed: SetUnlock) -> None:
        if deed.opens is None:
            self.world.unlocks.pop(deed.feature, None)
        else:
            self.world.unlocks[deed.feature] = deed.opens
        self.product.set_unlock(deed.feature, deed.opens)

    def _note(self, *instants: datetime | None) -> None:
        """Instants at which something begins or ends, for later deeds to come close to."""
        self.instants += [at for at in instants if at is not None and at not in self.instants]

    def note_rules(self, account: str) -> None:
        """What the account's last purchase opened ends, and its windows do."""
        of = self.world.accounts[account]
        self._note(*(each.ends for each in of.access.said), *self._ends_of_windows(of))

    def _ends_of_windows(self, account: Account) -> Iterator[datetime]:
        kinds: set[tuple[str, date | None]] = {
            (each.period, each.anchor) for each in account.allowances.at(self.now)
        }
        kinds |= {(each.period, None) for each in account.budgets.opened.values()}
        for period, anchor in sorted(kinds, key=str):
            ends_at = end_of_window(account.zone, period, anchor, self.now)
            if ends_at is not None:
                yield ends_at

    def compare_rules(self, reference: str) -> None:
        """Budgets and allowances as they were counted, and what was said and bought of access."""
        account = self.world.accounts[reference]
        account.allowances.turn(self.now)
        told = self.product.rules(reference)
        equal(f"budgets of {reference}", told["spent"], account.budgets.spent)
        windows = account.allowances.windows
        used = {key: window.used for key, window in windows.items() if window.used}
        equal(f"windows used of {reference}", {k: w.used for k, w in told["windows"].items() if w.used}, used)
        turned = {key: window for key, window in told["windows"].items() if window.is_turned}
        equal(f"windows turned of {reference}", turned, {key: windows.get(key) for key in turned})
        said = [
            (each.pattern, each.kind, each.begins, each.ends, each.debit is not None)
            for each in account.access.said
        ]
        by_pattern = [sorted(facts, key=itemgetter(0)) for facts in (told["access"], said)]
        equal(f"access of {reference}", *by_pattern)
