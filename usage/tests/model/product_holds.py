"""The product's holds, as a history plays on them, and its explanations. They go by the model's numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from config.kernel.errors import DomainError
from usage.queries import holds
from usage.queries.explanations import explain
from usage.rules.holds import CaptureOrder, HoldOrder, HoldReceipt, ReleaseOrder
from usage.services import holding
from usage.tests.model.calls import Call
from usage.tests.model.telling import digest, ordered, told_line, told_refusal, vars_of

if TYPE_CHECKING:
    from usage.tests.model.catalogue import Catalogue


class HoldsOfTokendesk:
    """A part of Tokendesk."""

    shared: Catalogue
    debits: dict[UUID, int]
    held: dict[int, UUID]
    askew: Iterator[timedelta]
    _charged: Callable[[Any], dict[str, Any]]
    _draws: Callable[[Iterable[Any]], list[tuple[int, Decimal]]]

    def hold(self, call: Call, now: datetime) -> dict[str, Any]:
        order = HoldOrder(
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
            expires_in=int(call.given["lasts"].total_seconds()),
        )
        told = holding.make(order)
        if not told.is_replay:
            self.held[len(self.held) + 1] = told.id
        return {**self._made(told), "hold": self._number(told), "replayed": told.is_replay}

    def capture(self, call: Call, now: datetime) -> dict[str, Any]:
        items = call.given["items"]
        order = CaptureOrder(
            hold_id=self.held[call.given["hold"]],
            product_id=self.shared.products[call.product],
            api_key_id=1,
            key=call.key,
            fingerprint=digest(call),
            items=None if items is None else ordered(items),
            is_final=call.given["is_final"],
            now=now,
        )
        told = holding.capture(order)
        if told.debit is None:
            return {"hold": self._number(told), **_standing(told), "replayed": told.is_replay}
        number = self.debits.setdefault(told.debit.id, len(self.debits) + 1)
        return {
            **self._charged(told.debit),
            "debit": number,
            "notices": list(told.debit.notices),
            "hold": self._number(told),
            **_standing(told),
            "replayed": told.is_replay,
        }

    def release(self, call: Call, now: datetime) -> dict[str, Any]:
        told = holding.release(
            ReleaseOrder(
                self.held[call.given["hold"]],
                self.shared.products[call.product],
                call.key,
                digest(call),
                now=now,
            )
        )
        return {"hold": self._number(told), **_standing(told), "replayed": told.is_replay}

    def extend(self, hold: int, now: datetime, lasts: timedelta) -> dict[str, Any]:
        try:
            told = holding.extend(
                hold_id=self.held[hold],
                product_id=self.shared.products["bot"],
                expires_in=int(lasts.total_seconds()),
                now=now,
            )
        except DomainError as refusal:
            raise told_refusal(refusal.code, refusal.extras) from None
        return {"hold": self._number(told), **_standing(told)}

    def unexplained(self) -> list[int]:
        """The debits of which some step, derived again, does not agree with what was booked."""
        return [
            number
            for pk, number in self.debits.items()
            if not all(step.get("agrees", True) for step in explain(pk)["steps"])
        ]

    def hold_receipts(self) -> dict[int, dict[str, Any]]:
        """Every hold as its making is answered when it is asked for again."""
        return {number: self._made(holds.hold_as_made(pk)) for number, pk in self.held.items()}

    def _number(self, told: HoldReceipt) -> int:
        return next(number for number, pk in self.held.items() if pk == told.id)

    def _made(self, told: HoldReceipt) -> dict[str, Any]:
        return {
            "unit": told.token,
            "tokens": told.tokens,
            "lines": [told_line(line) for line in told.lines],
            "draws": self._draws(told.draws),
            "overage": told.overage,
            "balance": vars_of(told.balance),
            **_standing(told),
        }


def _standing(told: HoldReceipt) -> dict[str, Any]:
    return {
        "state": told.state,
        "held": told.held,
        "room": told.overage_held,
        "captured": told.captured,
        "expires_at": told.expires_at,
    }
