"""The product as usage events are played on it."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID

from config.kernel.database import call
from config.kernel.errors import DomainError
from usage.models import BeyondPolicy, Claim, EventIdentity, WaitingEvent
from usage.queries.receipts import receipts
from usage.rules.enrolment import Enrolment
from usage.rules.events import SentEvent
from usage.services import accepting, rating, terms, waiting
from usage.services.authors import Author
from usage.tests.model.facts import Item, Refused
from wallets.models import Account

if TYPE_CHECKING:
    from usage.tests.model.product import Tokendesk

SOURCE = "/histories"
MONTHS = 20
SPANS = 4


def make_months(since: datetime) -> None:
    """The months of events in which histories are told: years of them, because a history may leap."""
    for span in range(SPANS):
        begins = since + span * timedelta(days=30 * MONTHS)
        call("SELECT usage_event_partitions_v1(%(ahead)s, %(since)s)", {"ahead": MONTHS, "since": begins})


class Reported:
    """Events go by the model's numbers."""

    events: dict[int, UUID]

    def report(
        self: Tokendesk,
        number: int,
        product: str,
        account: str,
        sent_id: str,
        item: Item,
        now: datetime,
        at: datetime | None,
    ) -> str:
        """Raises Refused."""
        sent = SentEvent(
            account=account,
            source=SOURCE,
            sent_id=sent_id,
            fingerprint=sha256(repr((product, item, at)).encode()).digest(),
            feature=item.feature,
            quantity=item.quantity,
            dimensions=dict(item.dimensions),
            cost=item.cost,
            cost_currency=item.currency,
            payload={},
            occurred_at=at,
        )
        done = accepting.accept([sent], product_id=self.shared.products[product], api_key_id=1, now=now)
        if done.rejected:
            raise Refused(done.rejected[0].code)
        if done.duplicates:
            return "duplicate"
        known = EventIdentity.objects.get(account=account, source=SOURCE, sent_id=sent_id)
        self.events[number] = known.event_id
        return "accepted"

    def rate(self: Tokendesk, now: datetime, *, is_asked: bool) -> dict[int, Any]:
        """What became of each event that was tried: what its debit came to, or why it is stuck."""
        places = WaitingEvent.objects.filter(event_id__in=self.events.values())
        if is_asked:
            waiting.again(list(places.stuck().values_list("event_id", flat=True)))
        tried = set(places.in_turn().values_list("event_id", flat=True))
        while rating.work(60, now):
            pass
        stuck = dict(places.filter(event_id__in=tried).values_list("event_id", "reason"))
        booked = self._booked([pk for pk in tried if pk not in stuck])
        return {
            number: {stuck[pk]} if pk in stuck else booked[pk]
            for number, pk in self.events.items()
            if pk in tried
        }

    def _booked(self: Tokendesk, events: list[UUID]) -> dict[UUID, dict[str, Any]]:
        claims = Claim.objects.filter(key__in=[f"event {pk}" for pk in events])
        debits = {UUID(each.key[6:]): each.effect_id for each in claims}
        told = receipts(list(debits.values()))
        marks = dict(BeyondPolicy.objects.filter(debit_id__in=told).values_list("debit_id", "tokens"))
        return {
            event: self._charged(told[debit])
            | {"beyond": marks.get(debit, 0), "notices": list(told[debit].notices)}
            for event, debit in debits.items()
        }

    def booked(self: Tokendesk, event: int, debit: int) -> None:
        """From now on that debit goes by the model's number."""
        claim = Claim.objects.get(key=f"event {self.events[event]}")
        self.debits[claim.effect_id] = debit

    def arrive(self: Tokendesk, account: str, now: datetime) -> None:
        try:
            terms.enrol(reference=account, asked=Enrolment(), author=Author("somebody"), now=now)
        except DomainError as refusal:
            raise Refused(refusal.code) from None
        self.accounts[account] = Account.objects.get(reference=account).pk
