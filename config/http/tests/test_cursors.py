import pytest
from django.test import RequestFactory

from config.http.cursors import Listing, opened, sealed
from config.kernel.errors import InvalidRequest

NUMBERS = list(range(1, 8))


def shown(cursor: str | None = None, **filters: str) -> dict[str, object]:
    listing = Listing(RequestFactory().get("/list"), limit=3, cursor=cursor, **filters)
    rows = [each for each in NUMBERS if listing.after is None or each > int(listing.after)]
    return listing.page(rows[: listing.most], position=str)


class TestListing:
    def test_goes_through_a_list_once(self) -> None:
        first = shown(token="AIT")
        cursor = str(first["next"]).rpartition("cursor=")[2]
        second = shown(cursor, token="AIT")

        assert first["items"] == [1, 2, 3]
        assert str(first["next"]).startswith("/list?token=AIT&limit=3&cursor=")
        assert second["items"] == [4, 5, 6]

    def test_ends_without_an_address(self) -> None:
        last = shown(sealed("/list?", "6"))

        assert last == {"items": [7], "next": None}


class TestOpened:
    def test_answers_the_position(self) -> None:
        assert opened("/list?", sealed("/list?", "6")) == "6"

    @pytest.mark.parametrize("cursor", ["", ".", "x", "MQ.AAAA", "MQ", "'; drop table", "\ud800", "M" * 5000])
    def test_refuses_what_was_not_handed_out(self, cursor: str) -> None:
        with pytest.raises(InvalidRequest):
            opened("/list?", cursor)

    def test_refuses_the_cursor_of_another_list(self) -> None:
        with pytest.raises(InvalidRequest):
            opened("/other?", sealed("/list?", "6"))
