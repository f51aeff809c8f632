"""What connectors are held to that call the vendor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from billing.rules.connecting import (
    Access,
    AccessExpired,
    ConnectionFault,
    Later,
    Message,
    Refused,
    Sent,
    Unreachable,
)
from billing.tests.connectors import stand_in as troubles
from billing.tests.connectors.held import FAULTS, NOW, Contract
from billing.tests.connectors.stand_in import PAUSE, StandIn


class Pulls(Contract):
    """What is fetched: everything once, page by page, whatever happens on the way."""

    def held(self, vendor: StandIn, stream: str) -> set[str]:
        """The records' ids that the stand-in holds; more than one page of them."""
        raise NotImplementedError

    def _all(self, access: Access, stream: str, cursor: str = "") -> tuple[list[str], list[str]]:
        """The ids of all records from a cursor on, and the cursors."""
        ids, cursors = [], [cursor]
        while len(cursors) < 100:
            page = self.connector().pull(access, stream, cursors[-1])
            ids += [each.external_id for each in page.records]
            cursors.append(page.cursor)
            if page.is_last:
                return ids, cursors
        raise AssertionError("There is no end of pages.")

    def test_answers_everything_once_page_by_page(self, vendor: StandIn) -> None:
        access = self.access(vendor)
        for stream in self.connector().streams:
            ids, cursors = self._all(access, stream)
            again, _ = self._all(access, stream, cursors[-1])

            assert sorted(ids) == sorted(self.held(vendor, stream))
            assert len(cursors) > 2
            assert set(again) <= set(ids)

    @pytest.mark.parametrize(("trouble", "fault"), FAULTS.items())
    def test_says_what_went_wrong_and_goes_on_from_there(
        self, vendor: StandIn, trouble: str, fault: type[ConnectionFault]
    ) -> None:
        access, stream = self.access(vendor), self.connector().streams[0]
        first = self.connector().pull(access, stream, "")
        with vendor.in_trouble(trouble), pytest.raises(fault) as raised:
            self.waiting(trouble).pull(access, stream, first.cursor)

        rest, _ = self._all(access, stream, first.cursor)
        ids = {each.external_id for each in first.records} | set(rest)
        assert ids == self.held(vendor, stream)
        assert not isinstance(raised.value, Later) or raised.value.seconds == PAUSE


class Sends(Contract):
    """What is sent: once a key, and each answer as it came."""

    def message(self, kind: str, key: str) -> Message:
        raise NotImplementedError

    def done(self, vendor: StandIn) -> list[str]:
        """The keys under which something was done there, once each time it was done."""
        raise NotImplementedError

    def _batch(self, kind: str) -> list[Message]:
        return [self.message(kind, f"{kind}-{place}") for place in range(self.connector().batch)]

    def test_answers_in_the_order_of_what_was_sent(self, vendor: StandIn) -> None:
        access, connector = self.access(vendor), self.connector()
        for kind in sorted(connector.sends):
            batch = self._batch(kind)
            sent = connector.send(access, batch)

            assert [each.answer.error for each in sent] == [""] * len(batch)
            assert self.done(vendor)[-len(batch) :] == [each.key for each in batch]

    @pytest.mark.parametrize("trouble", [troubles.BROKEN, troubles.HALF, troubles.SILENT])
    def test_is_done_once_though_its_answer_was_lost(self, vendor: StandIn, trouble: str) -> None:
        access, kind = self.access(vendor), min(self.connector().sends)
        batch = self._batch(kind)
        with vendor.in_trouble(trouble, does_it_first=True):
            lost = self._how_it_went(access, batch, trouble)
        again = self.connector().send(access, batch)

        assert [each.answer.error for each in again] == [""] * len(batch)
        assert sorted(self.done(vendor)) == sorted(each.key for each in batch)
        assert isinstance(lost, Unreachable) or not any(each.answer.is_final for each in lost)
        assert isinstance(lost, Unreachable) or all(each.answer.error for each in lost)

    def test_tells_what_may_help_from_what_never_will(self, vendor: StandIn) -> None:
        access, batch = self.access(vendor), self._batch(min(self.connector().sends))
        with vendor.in_trouble(troubles.THROTTLED):
            later = self._how_it_went(access, batch, troubles.THROTTLED)
        with vendor.in_trouble(troubles.EXPIRED):
            expired = self._how_it_went(access, batch, troubles.EXPIRED)
        with vendor.in_trouble(troubles.REFUSING):
            refused = self._how_it_went(access, batch, troubles.REFUSING)

        assert isinstance(later, Later)
        assert later.seconds == PAUSE
        assert isinstance(expired, AccessExpired)
        assert isinstance(refused, Refused) or all(each.answer.is_final for each in refused)
        assert self.done(vendor) == []

    def _how_it_went(
        self, access: Access, batch: Sequence[Message], trouble: str
    ) -> Sequence[Sent] | ConnectionFault:
        try:
            return self.waiting(trouble).send(access, batch)
        except ConnectionFault as fault:
            return fault


class Renews(Contract):
    """Tokens that run out are renewed before anybody is refused."""

    def run_out(self, vendor: StandIn) -> Access:
        """A connection whose token has run out, and can be renewed."""
        raise NotImplementedError

    def test_puts_secrets_in_the_place_of_those_that_ran_out(self, vendor: StandIn) -> None:
        expired, connector = self.run_out(vendor), self.connector()
        with pytest.raises(AccessExpired):
            connector.check(expired)
        renewed = connector.renew(expired, NOW)
        assert renewed is not None
        kept = {name: list(secrets) for name, secrets in expired.secrets.items()}
        fresh = replace(expired, secrets=kept | {name: [text] for name, text in renewed.secrets.items()})

        assert connector.check(fresh).said
        assert renewed.expires_at is None or renewed.expires_at > NOW

    @pytest.mark.parametrize(
        "trouble", [troubles.BROKEN, troubles.GARBAGE, troubles.BESIDE_THE_POINT, troubles.REFUSING]
    )
    def test_says_whether_asking_again_may_help(self, vendor: StandIn, trouble: str) -> None:
        with vendor.in_trouble(trouble), pytest.raises(FAULTS[trouble]):
            self.connector().renew(self.run_out(vendor), NOW)


class Checks(Contract):
    """A test of the connection says who answers, or what is wrong."""

    def test_says_that_it_works(self, vendor: StandIn) -> None:
        assert self.connector().check(self.access(vendor)).said

    @pytest.mark.parametrize("trouble", [troubles.BROKEN, troubles.SILENT, troubles.EXPIRED])
    def test_says_what_is_wrong(self, vendor: StandIn, trouble: str) -> None:
        with vendor.in_trouble(trouble), pytest.raises(FAULTS[trouble]):
            self.waiting(trouble).check(self.access(vendor))
