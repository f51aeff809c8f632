"""What connectors are held to that take what the vendor tells."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from billing.rules.connecting import Access, Incoming, NotSetUp, Record, Unreadable, Unverified, Wish
from billing.rules.content import content_of
from billing.rules.mapping import mapped_by
from billing.tests.connectors.held import NOW, Contract
from billing.tests.connectors.stand_in import StandIn

ODD = (None, True, -1, 10**400, "", "x", "9" * 400, "\x00\ud800", [], [[1]], {}, {"a": {"b": 1}})


class Verifies(Contract):
    """Calls from outside: who signed is known, and nobody else is."""

    def signed(self, access: Access, body: bytes) -> Incoming:
        """A call with this body, as the vendor signs it at NOW."""
        raise NotImplementedError

    def bodies(self) -> Sequence[bytes]:
        """Calls as the vendor makes them."""
        raise NotImplementedError

    def test_knows_what_is_signed_by_an_id_that_stays(self, vendor: StandIn) -> None:
        access, connector = self.access(vendor), self.connector()
        ids = []
        for body in self.bodies():
            call = self.signed(access, body)
            record = connector.verify(access, call)
            assert record == connector.verify(access, replace(call, at=NOW + timedelta(seconds=30)))
            assert dict(record.content) == dict(content_of(body))
            pasted = connector.record_in(body)
            assert replace(pasted, external_id=record.external_id) == record
            ids.append(record.external_id)
        assert all(ids)
        assert vendor.asked == []

    def test_refuses_what_is_not_signed_stale_or_tampered_with(self, vendor: StandIn) -> None:
        access, connector = self.access(vendor), self.connector()
        body = self.bodies()[0]
        call = self.signed(access, body)
        others = {name: [f"{each[:-8]}AAAAAAA=" for each in kept] for name, kept in access.secrets.items()}
        lies = {
            "unsigned": (access, replace(call, headers={"content-type": "application/json"})),
            "tampered with": (access, replace(call, body=body[:-1] + b" " + body[-1:])),
            "stale": (access, replace(call, at=NOW + timedelta(minutes=11))),
            "signed by another": (replace(access, secrets=others), call),
        }
        for what, (opened, lie) in lies.items():
            with pytest.raises(Unverified):
                pytest.fail(f"It takes what is {what}: {connector.verify(opened, lie)}")
        with pytest.raises(NotSetUp):
            connector.verify(replace(access, secrets={}), call)

    def test_knows_what_is_signed_by_a_secret_that_goes(self, vendor: StandIn) -> None:
        access, connector = self.access(vendor), self.connector()
        call = self.signed(access, self.bodies()[0])
        newer = {name: [f"{kept[0][:-8]}AAAAAAA=", *kept] for name, kept in access.secrets.items()}

        assert connector.verify(replace(access, secrets=newer), call) == connector.verify(access, call)

    @pytest.mark.parametrize("body", [b"", b"no json", b'"text"', b"\xff", b"[" * 5000], ids=repr)
    def test_calls_unreadable_what_was_signed_and_is_no_json(self, vendor: StandIn, body: bytes) -> None:
        access = self.access(vendor)

        with pytest.raises(Unreadable):
            self.connector().verify(access, self.signed(access, body))
        with pytest.raises(Unreadable):
            self.connector().record_in(body)


class Reads(Contract):
    """What records come to: always the same, and whatever they hold a wish or one clear refusal."""

    def records(self) -> Sequence[Record]:
        """Records as the vendor tells them, of every sort that is read."""
        raise NotImplementedError

    def _read(self, record: Record) -> Sequence[Wish]:
        connector = self.connector()
        return connector.read(record, mapped_by(connector.targets, {}))

    def test_wishes_the_same_of_the_same_record(self) -> None:
        for record in self.records():
            before = copy.deepcopy(record)
            wished = self._read(record)
            kept = replace(record, content=content_of(json.dumps(record.content).encode()))

            assert wished
            assert wished == self._read(record) == self._read(kept)
            assert record == before

    def test_never_fails_but_by_calling_it_unreadable(self) -> None:
        read: list[int] = []
        refused: list[str] = []
        for record in self.records():
            for content in _mutilated(record.content):
                try:
                    read.append(len(self._read(replace(record, content=content))))
                except Unreadable as fault:
                    refused.append(str(fault))
        assert read
        assert refused
        assert all(refused)


def _mutilated(content: Mapping[str, Any]) -> Iterator[Any]:
    """The content with each of its values gone, or odd."""
    for path in list(_paths(content)):
        for odd in (..., *ODD):
            changed = copy.deepcopy(dict(content))
            place: Any = changed
            for step in path[:-1]:
                place = place[step]
            if odd is ...:
                del place[path[-1]]
            else:
                place[path[-1]] = odd
            yield changed


def _paths(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    members = (
        value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    )
    for step, member in members:
        yield (*above, step)
        yield from _paths(member, (*above, step))
