"""The product as a history plays on it: its services, told the virtual time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from itertools import cycle
from typing import Any
from uuid import UUID

from msgspec import UNSET

from config.kernel.errors import DomainError
from usage.models import Terms
from usage.queries.policies import ruling_at
from usage.queries.receipts import receipts
from usage.rules.enrolment import Enrolment
from usage.rules.grants import GrantOrder, TransferOrder
from usage.rules.orders import DebitOrder, QuoteOrder, ReversalOrder
from usage.services import claims, granting, metering, own_prices, reversing, terms
from usage.services.authors import Author
from usage.tests.model import histories as h
from usage.tests.model.calls import Call
from usage.tests.model.catalogue import Catalogue
from usage.tests.model.facts import Item
from usage.tests.model.metering import Reported
from usage.tests.model.prices import OwnPrice, Rate
from usage.tests.model.product_holds import HoldsOfTokendesk
from usage.tests.model.product_ladders import LaddersOfTokendesk, a_choice, told_ladder
from usage.tests.model.product_rules import RulesOfTokendesk
from usage.tests.model.reading import books, rows
from usage.tests.model.telling import digest, ordered, told_line, told_refusal, vars_of
from usage.tests.model.world import World
from wallets.models import Account
from wallets.queries.balances import holding_at, holding_now
from wallets.services import ledger

ASKEW = (h.INSTANT, -h.BLINK, h.BLINK, h.MINUTE, -h.HOUR, h.INSTANT, -h.MINUTE)
"""How far the clock of a web host is off, call by call: it must change nothing."""
SOMEBODY = Author("somebody")
SOMEBODY_WHY = Author("somebody", "A promise.")


@contextmanager
def _refusals() -> Iterator[None]:
    """What the product refuses within, as the model says it."""
    try:
        yield
    except DomainError as refusal:
        raise told_refusal(refusal.code, refusal.extras) from None


class Tokendesk(Reported, RulesOfTokendesk, HoldsOfTokendesk, LaddersOfTokendesk):
    """The product with three accounts of its own. Grants and debits go by the model's numbers."""

    def __init__(self, shared: Catalogue) -> None:
        self.shared = shared
        self.accounts: dict[str, UUID] = {}
        self.grants: dict[int, UUID] = {}
        self.debits: dict[UUID, int] = {}
        self.events: dict[int, UUID] = {}
        self.held: dict[int, UUID] = {}
        self.scheduled: list[tuple[UUID, UUID]] = []
        self.askew = cycle(ASKEW)

    # What people set

    def enter(self, world: World, now: datetime) -> None:
        for account in world.accounts.values():
            table = account.terms[0].table if account.terms else UNSET
            asked = Enrolment(parent=account.parent or UNSET, rate_table=table, time_zone=account.zone)
            terms.enrol(reference=account.reference, asked=asked, author=SOMEBODY, now=now)
            self.accounts[account.reference] = Account.objects.get(reference=account.reference).pk

    def publish(
        self, table: str, rates: tuple[Rate, ...], now: datetime, effective_from: datetime | None
    ) -> None:
        self.shared.publish(table, rates, now, effective_from)

    def withdraw(self, table: str, number: int, now: datetime) -> None:
        self.shared.withdraw(table, number, now)

    def set_own_price(
        self, account: str, price: OwnPrice, now: datetime, begins: datetime, ends: datetime | None
    ) -> None:
        amounts: dict[str, dict[str, Any]] = {
            "fixed": {"tokens": price.amount, "per": price.per},
            "multiplier": {"factor": price.amount},
        }
        order = own_prices.OwnPriceOrder(
            price.pattern,
            price.kind,
            dict(price.dimensions),
            effective_from=begins,
            effective_until=ends,
            **amounts.get(price.kind, {}),
        )
        own_prices.override(account_id=self.accounts[account], order=order, author=SOMEBODY_WHY, now=now)

    def keep(self, account: str, table: str, number: int, now: datetime, ends: datetime | None) -> None:
        """ends: None lets it go."""
        rows = self.shared.tables[table]
        who = {"account_id": self.accounts[account], "author": SOMEBODY_WHY, "now": now}
        if ends is None:
            own_prices.let_go(table_id=rows.pk, **who)
        else:
            own_prices.keep_version(version=rows.versions.get(number=number), until=ends, **who)

    def enrol(self, reference: str, now: datetime, **given: Any) -> None:
        """Known: state, table (none is the default one), policy (none is none of its own)."""
        asked: dict[str, Any] = {"state": given.get("state", UNSET), "rate_table": given.get("table", UNSET)}
        if "policy" in given:
            asked["policy"] = a_choice(given["policy"])
        terms.enrol(reference=reference, asked=Enrolment(**asked), author=SOMEBODY, now=now)

    def schedule(self, account: str, table: str | None, now: datetime, begins: datetime) -> bool:
        """Whether that is new. Raises Refused."""
        who, asked = self.accounts[account], Enrolment(rate_table=table, rate_table_from=begins)
        with _refusals():
            done = terms.enrol(reference=account, asked=asked, author=SOMEBODY, now=now)
        if done.is_bound:
            latest = Terms.objects.filter(account=who, effective_from=begins).latest("recorded_at", "pk")
            self.scheduled.append((who, latest.pk))
        return done.is_bound

    def call_off(self, number: int, now: datetime) -> None:
        """Raises Refused."""
        who, what = self.scheduled[number]
        with _refusals():
            terms.withdraw(account_id=who, terms_id=what, author=SOMEBODY_WHY, now=now)

    def sweep(self, account: str, now: datetime) -> None:
        ledger.expire(account_id=self.accounts[account], now=now)

    def settle(self, account: str, now: datetime) -> None:
        ledger.settle(account_id=self.accounts[account], now=now)

    # What callers ask

    def perform(self, call: Call, now: datetime) -> dict[str, Any]:
        """Raises Refused."""
        with _refusals():
            told: dict[str, Any] = getattr(self, call.verb)(call, now)
            return told

    def grant(self, call: Call, now: datetime) -> dict[str, Any]:
        given = dict(call.given, token=call.given["unit"])
        del given["unit"]
        done = granting.grant(reference=call.account, order=GrantOrder(**given), call=self._call(call, now))
        return {"replayed": done.is_replay}

    def void(self, call: Call, now: datetime) -> dict[str, Any]:
        grant = call.given["grant"]
        done = granting.void(grant_id=self.grants[grant], reason="", call=self._call(call, now))
        return {"grant": grant, "voided": Decimal(done.answer["voided"]), "replayed": done.is_replay}

    def prolong(self, call: Call, now: datetime) -> dict[str, Any]:
        grant, ends = call.given["grant"], call.given["expires_at"]
        made = self._call(call, now)
        done = granting.extend(grant_id=self.grants[grant], expires_at=ends, reason="", call=made)
        told = done.answer["expires_at"]
        return {
            "grant": grant,
            "expires_at": told and datetime.fromisoformat(told),
            "replayed": done.is_replay,
        }

    def transfer(self, call: Call, now: datetime) -> dict[str, Any]:
        given = call.given
        order = TransferOrder(given["to"], given["tokens"], token=given["unit"])
        done = granting.transfer(reference=call.account, order=order, call=self._call(call, now))
        numbers = {str(pk): number for number, pk in self.grants.items()}
        return {
            "tokens": Decimal(done.answer["tokens"]),
            "from": [(numbers[each["grant"]], Decimal(each["tokens"])) for each in done.answer["moved"]],
            "balance": {name: Decimal(amount) for name, amount in done.answer["balance"].items()},
            "replayed": done.is_replay,
        }

    def _call(self, call: Call, now: datetime) -> claims.Call:
        return claims.Call(self.shared.products[call.product], call.key, digest(call), call.product, now)

    def debit(self, call: Call, now: datetime) -> dict[str, Any]:
        order = DebitOrder(
            account=call.account,
            product_id=self.shared.products[call.product],
            api_key_id=1,
            key=call.key,
            fingerprint=digest(call),
            items=ordered(call.given["items"]),
            received_at=now + next(self.askew),
            now=now,
            occurred_at=call.given["occurred_at"],
            subject=dict(call.given["subject"]),
        )
        receipt = metering.charge(order)
        number = self.debits.setdefault(receipt.id, len(self.debits) + 1)
        return {
            **self._charged(receipt),
            "debit": number,
            "notices": list(receipt.notices),
            "replayed": receipt.is_replay,
        }

    def quote(
        self,
        product: str,
        account: str,
        now: datetime,
        items: Iterable[Item],
        at: datetime | None,
        subject: Iterable[tuple[str, str]],
    ) -> dict[str, Any]:
        """Raises Refused, also for what is answered as not allowed."""
        order = QuoteOrder(
            account,
            self.shared.products[product],
            ordered(items),
            received_at=now + next(self.askew),
            occurred_at=at,
            subject=dict(subject),
            now=now,
        )
        with _refusals():
            quotation = metering.quote(order)
        if quotation.refusal:
            raise told_refusal(quotation.refusal, quotation.figures or {})
        return self._charged(quotation)

    def receipts(self) -> dict[int, dict[str, Any]]:
        """Every debit as it is answered when it is asked for again."""
        return {self.debits[pk]: self._charged(told) for pk, told in receipts(list(self.debits)).items()}

    def _charged(self, told: Any) -> dict[str, Any]:
        return {
            "unit": told.token,
            "outcome": told.outcome,
            "tokens": told.tokens,
            "overage": told.overage,
            "lines": [told_line(line) for line in told.lines],
            "draws": self._draws(told.draws),
            "balance": vars_of(told.balance),
        }

    def reverse(self, call: Call, now: datetime) -> dict[str, Any]:
        debit = next(pk for pk, number in self.debits.items() if number == call.given["debit"])
        order = ReversalOrder(
            debit, self.shared.products[call.product], call.key, digest(call), call.given["tokens"], now=now
        )
        told = reversing.reverse(order)
        taken = dict(rows("SELECT position, tokens FROM usage_reversalline WHERE reversal_id = %s", told.id))
        ends = "SELECT min(position), max(position) FROM usage_debitline WHERE debit_id = %s"
        ((first, last),) = rows(ends, debit)
        return {
            "debit": self.debits[told.debit],
            "tokens": told.tokens,
            "restored": told.restored,
            "lapsed": told.lapsed,
            "overage": told.overage,
            "draws": self._draws(told.draws),
            "balance": vars_of(told.balance),
            "lines": [taken.get(position, Decimal(0)) for position in range(first, last + 1)],
            "replayed": told.is_replay,
        }

    def _draws(self, draws: Iterable[Any]) -> list[tuple[int, Decimal]]:
        numbers = {pk: number for number, pk in self.grants.items()}
        return [(numbers[draw.grant], draw.tokens) for draw in draws]

    def balance(self, account: str, unit: str, now: datetime, as_of: datetime | None) -> dict[str, Any]:
        who, what = self.accounts[account], self.shared.units[unit]
        told = holding_now(who, what, now) if as_of is None else holding_at(who, what, as_of)
        answer = {
            "available": told.available,
            "held": told.held,
            "overage": told.overage,
            "by_kind": told.by_kind,
            "next_expiry": told.next_expiry and told.next_expiry.at,
        }
        if as_of is not None:
            policy = ruling_at(who, as_of).policy
            answer |= {"policy": told_ladder(policy), "overage_limit": policy.overage_limit}
        return answer

    # What stands in the books

    def books(self, account: str, unit: str, grants: list[int]) -> dict[str, Any]:
        """grants: the model's numbers of the wallet's grants, in the order of their making."""
        told, learnt = books(self.accounts[account], self.shared.units[unit], grants)
        self.grants.update(learnt)
        return told
