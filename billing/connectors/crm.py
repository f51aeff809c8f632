"""What connectors of CRMs have in common: the day from which on sales count, what is sold, figures and tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from billing.rules.connecting import (
    Access,
    Message,
    Nothing,
    NotSetUp,
    Refused,
    Sale,
    SaleLine,
    TrialWish,
    Unreadable,
    Wish,
)
from billing.rules.mapping import OUT, Mapped, Target

ACTIVE, CANCELLED = "active", "cancelled"
LONGEST_KEY = 255
WRITTEN = {
    "available": "Tokens available",
    "overage": "Overage",
    "burn_a_day": "Tokens a day",
    "runs_out_on": "Runs out on",
    "trial": "Trial",
    "trial_ends_on": "Trial ends on",
    "plan": "Plan",
    "last_used_at": "Last used",
}
"""Figures that go to a field of ours there, with what people read of them."""
NOT_WRITTEN = {
    "state": "State",
    "held": "Tokens held",
    "next_expiry_on": "Tokens expire on",
    "next_expiry_tokens": "How many expire then",
}
"""Figures that go nowhere until a person names a field."""


def figures(field_of: Callable[[str], str]) -> tuple[Target, ...]:
    """The targets of what goes out. field_of: how the field is called there that a figure is usually written to."""
    usual = {name: field_of("trial_state" if name == "trial" else name) for name in WRITTEN}
    return tuple(
        Target("customer", name, label, usual.get(name, ""), OUT)
        for name, label in (WRITTEN | NOT_WRITTEN).items()
    )


def first_day(access: Access, setting: str) -> str:
    """The day of this setting, from which on what was won counts as sold.

    Raises NotSetUp.
    """
    said = access.setting(setting)
    try:
        return datetime.strptime(said, "%Y-%m-%d").replace(tzinfo=UTC).date().isoformat()
    except ValueError as fault:
        raise NotSetUp(f"{setting} is no day as 2026-11-01: {said[:40]}.") from fault


@dataclass(frozen=True, slots=True)
class Sells:
    """How a CRM calls what is sold there, and its fields in the mapping.

    name, names: one and several. buyer: where the customer of one is named; buyer_missing: said where it is not.
    """

    name: str
    names: str
    buyer: str
    buyer_missing: str

    def wishes(
        self,
        bundle: Mapping[str, Any],
        called: str,
        version: int,
        lines: Iterable[Mapping[str, Any]],
        mapped: Mapped,
        formerly: Sequence[str] = (),
    ) -> list[Wish]:
        """What one comes to as it stands: the order that it is or was, and the trial that it asks for.

        called: its name there. lines: with all that is mapped of them, gone through only where it is sold. formerly:
        what was merged into it. Raises Unreadable.
        """
        is_won = mapped.text(self.name, "state", bundle) == ACTIVE
        if is_won and self._is_older(bundle, mapped):
            return [Nothing(f"It was closed before {bundle['since']}, from when on {self.names} count.")]
        sold = sale_lines(lines, mapped) if is_won else []
        wishes: list[Wish] = [Sale(called, version, state=CANCELLED, formerly=formerly)]
        if sold:
            account, customer = self._whose(bundle, mapped)
            starts_at = mapped.moment(self.name, "starts_at", bundle)
            wishes = [Sale(called, version, sold, account, customer, ACTIVE, starts_at, formerly=formerly)]
        if offer := mapped.text("trial", "offer", bundle):
            wishes.append(self._trial(bundle, called, offer, formerly, mapped))
        return wishes

    def _trial(
        self, bundle: Mapping[str, Any], called: str, offer: str, formerly: Sequence[str], mapped: Mapped
    ) -> Wish:
        if formerly:
            return Nothing(f"It was merged of several {self.names}: a trial for it is issued by hand.")
        account, customer = self._whose(bundle, mapped)
        return TrialWish(
            f"{self.name} {called}", offer, account, customer, mapped.text("trial", "reason", bundle)
        )

    def _is_older(self, bundle: Mapping[str, Any], mapped: Mapped) -> bool:
        closed = mapped.moment(self.name, "closed_on", bundle)
        return closed is not None and closed < datetime.fromisoformat(bundle["since"]).replace(tzinfo=UTC)

    def _whose(self, bundle: Mapping[str, Any], mapped: Mapped) -> tuple[str, str]:
        """The account or the customer of one; one of the two is said. Raises Unreadable."""
        if account := mapped.text(self.name, "account", bundle):
            return account, ""
        if customer := mapped.text(self.name, "customer", bundle):
            return "", customer
        raise Unreadable(self.buyer_missing, self.buyer)


def sale_lines(lines: Iterable[Mapping[str, Any]], mapped: Mapped) -> list[SaleLine]:
    """The lines that name a SKU, in the order in which they were made. Raises Unreadable."""
    found = []
    for line in lines:
        if not (sku := mapped.text("line", "sku", line)):
            continue
        quantity = mapped.number("line", "quantity", line)
        found.append(
            SaleLine(
                sku=sku,
                name=mapped.text("line", "name", line) or None,
                quantity=Decimal(1) if quantity is None else quantity,
                amount=mapped.number("line", "amount", line),
                currency=mapped.text("line", "currency", line) or None,
                ends_at=mapped.moment("line", "ends_at", line),
            )
        )
    return sorted(found, key=lambda line: (len(line.name or ""), line.name or ""))


def waves(messages: Sequence[Message]) -> list[dict[str, Message]]:
    """Messages by the records that they are about, in as few calls as write to no record twice, in their order."""
    found: list[dict[str, Message]] = []
    for message in messages:
        wave = next((each for each in found if message.subject not in each), None)
        if wave is None:
            found.append(wave := {})
        wave[message.subject] = message
    return found


def key_of(access: Access, message: Message) -> str:
    """Our key as it stands there: of the connection too, for others may write to the same place."""
    key = f"{access.code}:{message.key}"
    return key if len(key) <= LONGEST_KEY else f"{access.code}:{sha256(key.encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Task:
    """What a message has somebody do. due_on: a day without a zone."""

    title: str
    evidence: str
    due_on: date


def task_of(message: Message) -> Task:
    """Raises Refused where the message is no task."""
    content = message.content
    try:
        due_on = date.fromisoformat(str(content["due_on"]))
        return Task(str(content["title"]), str(content.get("evidence") or ""), due_on)
    except (KeyError, ValueError) as fault:
        raise Refused(f"The message is no task: {fault!r}.", 0) from fault
