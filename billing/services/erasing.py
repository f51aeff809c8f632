"""Bodies of records that name a person, erased by somebody who says why. What was erased can't be applied again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol
from uuid import UUID

from django.db import transaction

from billing.models import BodyRemoval, Connection, Handling, Link, Order, ReceivedBody, Trial
from billing.rules.connecting import CUSTOMER, ConnectionFault, Record, Wish
from billing.rules.content import content_of
from billing.rules.fault_groups import LONGEST_REASON
from billing.rules.handling import ERASED, silenced
from billing.rules.mapping import Mapped, Target
from billing.rules.naming import came_to, customers_of, says
from billing.services.connections import rules_of
from config.kernel.errors import InvalidRequest, NotFound
from usage.queries.moments import database_clock

State = Handling.State
PAGE = 200
"""How many records are looked at in one transaction."""


class Reads(Protocol):
    """The part of a connector that says what a record comes to."""

    @property
    def targets(self) -> Sequence[Target]: ...

    def read(self, record: Record, mapped: Mapped) -> Sequence[Wish]: ...


@dataclass(frozen=True, slots=True)
class Erasure:
    """Who wants what named a person erased, and why. by: a user's name."""

    by: str
    reason: str

    def checked(self) -> Erasure:
        """The same in the form in which it is kept.

        Raises InvalidRequest where either is not said.
        """
        if not self.by.strip():
            raise InvalidRequest.at("/by", "Say whose doing it is.")
        if not self.reason.strip():
            raise InvalidRequest.at("/reason", "Say why it is erased.")
        return replace(self, by=self.by.strip()[:150], reason=self.reason.strip()[:LONGEST_REASON])


@transaction.atomic
def erase(*, connection_id: int, received_id: UUID, erasure: Erasure) -> bool:
    """Erase the body of a record, and what our sentences about it may have taken from it.

    A record that waits or was given up is ignored with that. Answers whether there was a body.

    Raises InvalidRequest, NotFound.
    """
    said = erasure.checked()
    rows = Handling.objects.select_for_update().filter(connection=connection_id, pk=received_id)
    if (handling := rows.first()) is None:
        raise NotFound("There is no such record at this connection.")
    return _erase(handling, said)


def erase_customer(
    *, row: Connection, connector: Reads, customer: str, erasure: Erasure, is_dry: bool = False
) -> list[str]:
    """Erase the body of each record that names this customer of theirs; answers what the records are called.

    Named is a customer by a record that comes to it, or came to its account, an order or a trial of that. Of records
    that are done with, or can't be read, the name as a text in the body is enough: it costs no sale. Page by page in
    transactions of their own; killed in between, the same again goes on. is_dry: nothing is erased.

    Raises InvalidRequest.
    """
    said = erasure.checked()
    if not customer.strip():
        raise InvalidRequest.at("/customer", "Say which customer of theirs.")
    sought = _Sought(customer, _refs(row, customer), connector, rules_of(row.pk, connector.targets))
    names: list[str] = []
    after = UUID(int=0)
    while page := _page(row.pk, after):
        found = [each for each, content in page if sought.is_named_by(each, content)]
        names += [each.received.external_id for each in found]
        if not is_dry:
            _erase_all([each.pk for each in found], said)
        after = page[-1][0].pk
    return names


@dataclass(frozen=True, slots=True)
class _Sought:
    """A customer of theirs. refs: what its account is called here, with its orders and trials."""

    customer: str
    refs: frozenset[str]
    connector: Reads
    rules: Mapped

    def is_named_by(self, handling: Handling, body: bytes) -> bool:
        if came_to(handling.outcome, self.refs):
            return True
        try:
            content: Any = content_of(body)
        except ConnectionFault:
            return self.customer.encode() in body
        received = handling.received
        record = Record(received.external_id, received.kind, content, received.occurred_at)
        try:
            wishes = self.connector.read(record, self.rules)
        except ConnectionFault:
            return says(content, self.customer)
        is_done = handling.state in (State.APPLIED, State.IGNORED)
        return self.customer in customers_of(wishes) or (is_done and says(content, self.customer))


def _refs(row: Connection, customer: str) -> frozenset[str]:
    link = Link.objects.filter(connection=row, kind=CUSTOMER, external_id=customer).first()
    if link is None or link.about is None:
        return frozenset()
    orders = Order.objects.filter(account=link.about, external_id__startswith=f"{row.code}:")
    trials = map(str, Trial.objects.filter(customer=link.about).values_list("pk", flat=True))
    return frozenset({link.about.reference, *orders.values_list("external_id", flat=True), *trials})


def _page(connection_id: int, after: UUID) -> list[tuple[Handling, bytes]]:
    """The next records of a connection that have a body, in the order in which they came."""
    bodies = ReceivedBody.objects.filter(received__connection=connection_id, pk__gt=after)
    rows = bodies.select_related("received__handling").order_by("pk")[:PAGE]
    return [(each.received.handling, bytes(each.content)) for each in rows]


@transaction.atomic
def _erase_all(identities: Sequence[UUID], erasure: Erasure) -> None:
    for handling in Handling.objects.select_for_update().filter(pk__in=identities).order_by("pk"):
        _erase(handling, erasure)


def _erase(handling: Handling, erasure: Erasure) -> bool:
    """Under the handling's lock."""
    now = database_clock()
    count, _ = ReceivedBody.objects.filter(pk=handling.pk).delete()
    if count:
        BodyRemoval.objects.create(
            received_id=handling.pk,
            removed_at=now,
            why=BodyRemoval.Why.PERSON,
            by=erasure.by,
            reason=erasure.reason,
        )
    if handling.state in (State.WAITING, State.DEAD):
        handling.state, handling.next_at, handling.finished_at = State.IGNORED, None, now
        handling.decided_by = erasure.by
    handling.reason = ERASED if handling.reason else ""
    handling.where = handling.waits_for = ""
    handling.outcome = silenced(handling.outcome)
    handling.save(
        update_fields=[
            "state",
            "next_at",
            "finished_at",
            "decided_by",
            "reason",
            "where",
            "waits_for",
            "outcome",
        ]
    )
    return bool(count)
