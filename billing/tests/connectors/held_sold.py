"""What connectors are held to that can be asked what was sold there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from billing.rules.connecting import ConnectionFault, Sale, Sold, Wish
from billing.rules.mapping import mapped_by
from billing.tests.connectors.held import FAULTS, NOW, Contract
from billing.tests.connectors.stand_in import StandIn

DAY = timedelta(days=1)


class Sells(Contract):
    """What was sold there: each sale once, as it stands, and never half of them."""

    def sold_there(self, vendor: StandIn) -> set[str]:
        """The names of all sales of the stand-in, which were sold at NOW, or when `span` says; more than one page."""
        raise NotImplementedError

    def span(self, vendor: StandIn) -> tuple[datetime, datetime]:
        """From when until when they were sold."""
        return NOW - DAY, NOW + DAY

    def _wishes(self, sold: Sold) -> Sequence[Wish]:
        connector = self.connector()
        return connector.read(sold.record, mapped_by(connector.targets, {}))

    def _names(self, sold: Sequence[Sold]) -> list[str]:
        """The names under which these are read as sales."""
        return [wish.external_id for each in sold for wish in self._wishes(each) if isinstance(wish, Sale)]

    def test_answers_each_sale_once_as_it_is_read(self, vendor: StandIn) -> None:
        since, until = self.span(vendor)
        sold = list(self.connector().sold(self.access(vendor), since, until))

        assert sorted(each.external_id for each in sold) == sorted(self.sold_there(vendor))
        assert self._names(sold) == [each.external_id for each in sold]

    def test_answers_nothing_of_other_days(self, vendor: StandIn) -> None:
        since, _ = self.span(vendor)

        assert list(self.connector().sold(self.access(vendor), since - 9 * DAY, since)) == []

    def test_knows_sales_by_their_names(self, vendor: StandIn) -> None:
        names = sorted(self.sold_there(vendor))[-2:]
        found = list(self.connector().sales_named(self.access(vendor), [*names, "no-such-sale", "987654321"]))

        assert sorted(each.external_id for each in found) == names
        assert sorted(self._names(found)) == names

    @pytest.mark.parametrize(("trouble", "fault"), FAULTS.items())
    def test_says_what_went_wrong_in_the_middle(
        self, vendor: StandIn, trouble: str, fault: type[ConnectionFault]
    ) -> None:
        since, until = self.span(vendor)
        sales = self.waiting(trouble).sold(self.access(vendor), since, until)
        next(sales)

        with vendor.in_trouble(trouble), pytest.raises(fault):
            list(sales)
