"""A request as a caller sends it, done on the model; and the books of the model as plain facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from usage.tests.model.charging import debit
from usage.tests.model.facts import Answer
from usage.tests.model.grants import Grant
from usage.tests.model.holding import capture, hold, release
from usage.tests.model.purse import Purse
from usage.tests.model.seating import check_in, check_out
from usage.tests.model.undoing import reverse
from usage.tests.model.world import World


@dataclass(frozen=True)
class Call:
    """One request that moves tokens, as a caller sends it: everything in it is settled before it is first sent."""

    verb: str
    product: str
    account: str
    key: str
    body: tuple[tuple[str, Any], ...]

    @property
    def given(self) -> dict[str, Any]:
        return dict(self.body)

    @property
    def fingerprint(self) -> tuple[Any, ...]:
        return self.verb, self.body


def written(purse: Purse) -> dict[str, Any]:
    """All that stands in the books of one wallet."""
    return {
        "balance": purse.balance,
        "overage": purse.overage,
        "grants": [
            (
                g.number,
                g.kind,
                g.tokens,
                g.remaining,
                g.spent,
                g.expired,
                g.voided,
                g.held,
                g.effective_at,
                g.expires_at,
            )
            for g in purse.grants
        ],
        "holds": [
            (
                *(h.state, h.tokens - h.overage, h.held, h.overage, h.room, h.expires_at),
                [(p.grant, p.tokens, p.held, p.captured, p.released) for p in h.pins],
            )
            for h in purse.holds
        ],
        "lots": [(lot.feature, lot.tokens, lot.repaid, lot.reversed, lot.settled) for lot in purse.lots],
        "entries": [
            (e.number, e.kind, e.amount, e.before, e.after, e.overage_after, e.grant) for e in purse.entries
        ],
    }


def on_model(world: World, call: Call, now: datetime) -> dict[str, Any]:
    """Perform the call on the model. Answers its facts and whether they are a first answer repeated."""
    given = call.given
    claim = (call.product, call.account, call.key, call.fingerprint, now)
    if call.verb == "grant":
        answer = world.grant(*claim, given["unit"], _grant(given, now))
    elif call.verb == "debit":
        answer = debit(world, *claim, given["items"], given["occurred_at"], given["subject"])
    elif call.verb == "hold":
        answer = hold(world, *claim, given["items"], given["occurred_at"], given["lasts"], given["subject"])
    elif call.verb in ("capture", "release"):
        answer = _settled(world, call, now)
    elif call.verb == "reverse":
        answer = reverse(
            world, call.product, given["debit"], call.key, call.fingerprint, now, given["tokens"]
        )
    elif call.verb == "check_out":
        answer = check_out(world, *claim, given["item"], given["subject"])
    elif call.verb == "check_in":
        answer = check_in(world, call.product, given["checkout"], call.key, call.fingerprint, now)
    elif call.verb == "void":
        answer = world.void(*claim, given["grant"])
    elif call.verb == "prolong":
        answer = world.prolong(*claim, given["grant"], given["expires_at"])
    else:
        answer = world.transfer(*claim, given["unit"], given["to"], given["tokens"])
    return {**answer.facts, "replayed": answer.replayed}


def _grant(given: dict[str, Any], now: datetime) -> Grant:
    return Grant(
        0,
        given["kind"],
        given["tokens"],
        given["effective_at"] or now,
        now,
        given["expires_at"],
        given["priority"],
        given["features"],
        given["unit_cost"] or Decimal(0),
    )


def _settled(world: World, call: Call, now: datetime) -> Answer:
    """A capture or a release; a capture of nothing is a release."""
    given = call.given
    asked = (world, call.product, given["hold"], call.key, call.fingerprint, now)
    if call.verb == "release" or given["items"] == ():
        return release(*asked, as_capture=call.verb == "capture")
    return capture(*asked, given["items"], given["is_final"])
