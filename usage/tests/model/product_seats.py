"""The product's seats, as a history plays on them. They go by the model's numbers."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from config.kernel.errors import DomainError
from pricing.models import Feature
from usage.models import CheckoutCharge
from usage.queries import seats
from usage.queries.audit_claims import CLAIMS
from usage.queries.audit_debits import DEBITS
from usage.queries.audit_limits import LIMITS
from usage.queries.audit_reversals import REVERSALS
from usage.queries.audit_seats import SEATS
from usage.rules.orders import Item as OrderItem
from usage.rules.seating import CheckinOrder, CheckoutOrder, SeatReceipt
from usage.services import limiting, seating
from usage.services.authors import Author
from usage.tests.model.calls import Call
from usage.tests.model.catalogue import Catalogue
from usage.tests.model.product import Tokendesk
from usage.tests.model.reading import instant, rows
from usage.tests.model.seats import BaseSeats
from usage.tests.model.telling import digest, told_refusal

AUTHOR = Author("somebody", "A promise.")
AUDITED = tuple(
    each for each in (*SEATS, *CLAIMS, *DEBITS, *REVERSALS, *LIMITS) if each.name != "debit_names_what_exists"
)
"""But the check that looks for the API key, which histories invent."""

SITTING = """
SELECT s.id, s.seat, s.pool, s.alive_until, s.last_beat_at, s.charged_until, s.ended_at,
    (SELECT json_agg(json_build_array(
        (extract(epoch FROM c.begins_at) * 1000000)::bigint,
        (extract(epoch FROM c.ends_at) * 1000000)::bigint, c.debit_id,
        coalesce(d.tokens - r.tokens, 0)::text) ORDER BY c.number)
     FROM usage_checkoutcharge c
     LEFT JOIN usage_debit d ON d.account_id = c.account_id AND d.id = c.debit_id
     LEFT JOIN LATERAL (SELECT coalesce(sum(tokens), 0) AS tokens FROM usage_reversal r
                        WHERE r.account_id = d.account_id AND r.debit_id = d.id) AS r ON true
     WHERE c.account_id = s.account_id AND c.checkout_id = s.id)
FROM usage_checkout s WHERE s.account_id = %s
"""


class SeatedTokendesk(Tokendesk):
    """The product with seats."""

    def __init__(self, shared: Catalogue) -> None:
        super().__init__(shared)
        self.seats: dict[UUID, int] = {}

    def give_seats(self, account: str, said: BaseSeats, now: datetime) -> None:
        limiting.give_seats(
            account_id=self.accounts[account],
            pattern=said.pattern,
            seats=said.count,
            author=AUTHOR,
            effective_from=said.begins,
            effective_until=said.ends,
            now=now,
        )

    def check_out(self, call: Call, now: datetime) -> dict[str, Any]:
        item = call.given["item"]
        order = CheckoutOrder(
            account=call.account,
            product_id=self.shared.products[call.product],
            api_key_id=1,
            key=call.key,
            fingerprint=digest(call),
            item=OrderItem(item.feature, item.quantity, dict(item.dimensions)),
            received_at=now + next(self.askew),
            subject=dict(call.given["subject"]),
            now=now,
        )
        return self._shown(seating.take(order))

    def check_in(self, call: Call, now: datetime) -> dict[str, Any]:
        order = CheckinOrder(
            self._pk(call.given["checkout"]),
            self.shared.products[call.product],
            call.key,
            digest(call),
            by=call.product,
            now=now,
        )
        return self._shown(seating.give_back(order))

    def beat(self, seat: int, by: str, now: datetime) -> dict[str, Any]:
        """Raises Refused."""
        try:
            told = seating.beat(
                checkout_id=self._pk(seat),
                product_id=self.shared.products[by],
                api_key_id=1,
                received_at=now + next(self.askew),
                now=now,
            )
        except DomainError as refusal:
            raise told_refusal(refusal.code, refusal.extras) from None
        return self._shown(told)

    def sweep_seats(self, now: datetime) -> None:
        seating.sweep(now)

    def sitting(self, account: str, now: datetime) -> dict[int, dict[str, Any]]:
        """Every seat of an account, with its intervals, as the database has it."""
        return {
            self.seats[pk]: {
                "seat": seat,
                "pool": pool if seat == "base" else "",
                "alive_until": alive_until,
                "charged_until": charged_until,
                "ended_at": last_beat if ended is None and alive_until <= now else ended,
                "tokens": sum((Decimal(tokens) for *_, tokens in intervals or ()), Decimal(0)),
                "intervals": [
                    (instant(begins), instant(ends), debit and self.debits[UUID(debit)])
                    for begins, ends, debit, _ in intervals or ()
                ],
            }
            for pk, seat, pool, alive_until, last_beat, charged_until, ended, intervals in rows(
                SITTING, self.accounts[account]
            )
        }

    def peaks(
        self, account: str, feature: str, since: datetime, until: datetime
    ) -> list[tuple[datetime, int, int]]:
        of = Feature.objects.get(code=feature).pk
        found = seats.seats_over_time(self.accounts[account], of, since, until)
        return [(each.at, each.base, each.overflow) for each in found]

    @staticmethod
    def lies_of_seats() -> dict[str, list[Any]]:
        """What the audit finds wrong with seats, and with what was charged and given back for them."""
        return {check.name: found for check in AUDITED if (found := rows(check.sql))}

    def _pk(self, seat: int) -> UUID:
        return next(pk for pk, number in self.seats.items() if number == seat)

    def _shown(self, told: SeatReceipt) -> dict[str, Any]:
        number = self.seats.setdefault(told.id, len(self.seats) + 1)
        charged = CheckoutCharge.objects.filter(checkout_id=told.id, debit__isnull=False).order_by("number")
        for debit in charged.values_list("debit_id", flat=True):
            self.debits.setdefault(debit, len(self.debits) + 1)
        shown: dict[str, Any] = {
            "checkout": number,
            "feature": told.feature,
            "seat": told.seat,
            "state": told.state,
            "subject": told.subject or {},
            "started_at": told.started_at,
            "alive_until": told.alive_until,
            "charged_until": told.charged_until,
            "ended_at": told.ended_at,
            "tokens": told.tokens,
            "replayed": told.is_replay,
        }
        return shown if told.refunded is None else {**shown, "refunded": told.refunded}
