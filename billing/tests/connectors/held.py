"""What a test of a connector says of itself, whatever the connector does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from billing.connectors.contract import Connector
from billing.rules.connecting import Access, AccessExpired, Later, Refused, Unreachable
from billing.tests.connectors import stand_in as troubles
from billing.tests.connectors.stand_in import StandIn

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
PRIVATE = frozenset({"127.0.0.1"})
PATIENT, IMPATIENT = 5.0, 0.3
"""Seconds that a connector waits in these tests: for what answers, and for what never will."""
FAULTS = {
    troubles.THROTTLED: Later,
    troubles.BROKEN: Unreachable,
    troubles.HALF: Unreachable,
    troubles.GARBAGE: Unreachable,
    troubles.BESIDE_THE_POINT: Unreachable,
    troubles.SILENT: Unreachable,
    troubles.EXPIRED: AccessExpired,
    troubles.REFUSING: Refused,
}


class Contract:
    """What a test of a connector says of itself."""

    def connector(self, seconds: float = PATIENT) -> Connector:
        """The connector, that waits so long for an answer."""
        raise NotImplementedError

    def made_stand_in(self) -> StandIn:
        """A stand-in of the vendor."""
        raise NotImplementedError

    def access(self, vendor: StandIn) -> Access:
        """A connection to the stand-in, at NOW, with PRIVATE hosts."""
        raise NotImplementedError

    @pytest.fixture
    def vendor(self) -> Iterator[StandIn]:
        vendor = self.made_stand_in()
        yield vendor
        vendor.close()

    def waiting(self, trouble: str) -> Connector:
        return self.connector(IMPATIENT if trouble == troubles.SILENT else PATIENT)

    def test_is_held_to_all_that_it_does(self) -> None:
        kind, parts = type(self.connector()), {part.__name__ for part in type(self).__mro__}
        does = {
            "Verifies": kind.verify is not Connector.verify,
            "Reads": kind.read is not Connector.read,
            "Pulls": bool(kind.streams),
            "Sells": kind.sells,
            "Sends": bool(kind.sends),
            "Renews": kind.renew is not Connector.renew,
            "Checks": True,
        }
        assert {part for part, is_done in does.items() if is_done} == parts & does.keys()

    def test_says_what_it_is(self) -> None:
        connector = self.connector()
        names = [(each.direction, each.record, each.name) for each in connector.targets]

        assert re.fullmatch("[a-z][a-z-]{0,19}", connector.kind)
        assert connector.title
        assert connector.batch >= 1
        assert set(connector.stream_titles) <= set(connector.streams)
        assert not any("_" in connector.title_of(each) for each in connector.streams)
        assert len(set(names)) == len(names)
