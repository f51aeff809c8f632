import pytest
from django.test import RequestFactory

from config.http.cursors import opened, page, sealed
from config.kernel.errors import InvalidRequest

NUMBERS = [str(number) for number in range(1, 8)]


def after(position: str | None, limit: int) -> list[str]:
    return [each for each in NUMBERS if position is None or int(each) > int(position)][:limit]


def shown(path: str, **more: str | None) -> dict[str, object]:
    return page(
        RequestFactory().get(path),
        rows=after,
        position=str,
        show=int,
        limit=3,
        cursor=more.pop("cursor", None),
        **more,
    )


class TestPage:
    def test_goes_through_a_list_once(self) -> None:
        first = shown("/list", token="AIT")
        cursor = str(first["next"]).rpartition("cursor=")[2]
        second = shown("/list", token="AIT", cursor=cursor)

        assert first["items"] == [1, 2, 3]
        assert str(first["next"]).startswith("/list?token=AIT&limit=3&cursor=")
        assert second["items"] == [4, 5, 6]

    def test_ends_without_an_address(self) -> None:
        last = shown("/list", cursor=sealed("/list?", "6"))

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
