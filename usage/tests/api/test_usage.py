"""GET /usage: sums by group, from the roll-ups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from usage.queries import usage_shown
from usage.services import keys
from usage.tests.api.client import ApiClient
from usage.tests.made import UNLIMITED, a_grant
from usage.tests.made import Shop as Catalogue
from usage.tests.rolled import roll_up

pytestmark = pytest.mark.committed


@dataclass(frozen=True)
class Shop:
    """A shop whose features cost one token a unit, now and forty days ago, and a client of its own."""

    goods: Catalogue
    all: ApiClient

    def account(self, tokens: str | None = None) -> str:
        """The reference of an account that may go without tokens, or of one that has so many."""
        made = self.goods.an_account(**{} if tokens else {"policy": UNLIMITED})
        if tokens:
            a_grant(made, tokens)
        return str(made.reference)


def items(shop: Shop, query: str) -> list[dict[str, Any]]:
    answer = shop.all.get(f"/usage?{query}")
    assert answer.status == 200, answer.content
    found: list[dict[str, Any]] = answer.json["items"]
    return found


def used(shop: Shop, account: str, *, days_back: int = 0, **more: Any) -> dict[str, Any]:
    at = datetime.now(UTC) - timedelta(days=days_back)
    item = {"feature": shop.goods.chat, "quantity": more.pop("quantity", "10")}
    body = {"account": account, "occurred_at": at.isoformat(), "items": [item]} | more
    answer = shop.all.post("/debits", body)
    assert answer.status == 201, answer.content
    told: dict[str, Any] = answer.json
    return told


@pytest.fixture
def shop() -> Shop:
    goods = Catalogue()
    key = keys.create(product_code=goods.product.code, scopes=["debit", "read"])
    return Shop(goods, ApiClient(key.text))


def both(shop: Shop, model: str = "m-1") -> list[dict[str, Any]]:
    carried = {"model": model}
    return [
        {"feature": shop.goods.chat, "quantity": "10", "dimensions": carried},
        {"feature": shop.goods.image, "quantity": "2.5", "dimensions": carried},
    ]


class TestTotals:
    def test_are_of_the_last_thirty_days(self, shop: Shop) -> None:
        account = shop.account()
        used(shop, account, items=both(shop))
        used(shop, account, days_back=34)
        roll_up()

        assert items(shop, f"account={account}") == [
            {"quantity": "12.5", "tokens": "12.500000", "cost": "0", "calls": 1, "refused": 0}
        ]

    def test_of_nothing_are_zeros(self, shop: Shop) -> None:
        assert items(shop, f"account={shop.account()}") == [
            {"quantity": "0", "tokens": "0.000000", "cost": "0", "calls": 0, "refused": 0}
        ]

    def test_tell_what_was_given_back_and_refused(self, shop: Shop) -> None:
        account = shop.account("100")
        partly, wholly = used(shop, account), used(shop, account)
        shop.all.post(f"/debits/{partly['id']}/reversals", {"tokens": "1", "reason": "a courtesy"})
        shop.all.post(f"/debits/{wholly['id']}/reversals", {"reason": "a mistake"})
        asked = {"account": account, "items": [{"feature": shop.goods.chat, "quantity": "1000"}]}
        assert shop.all.post("/debits", asked).status == 402
        roll_up()

        assert items(shop, f"account={account}") == [
            {"quantity": "10", "tokens": "9.000000", "cost": "0", "calls": 1, "refused": 1}
        ]


class TestBounds:
    def test_take_the_first_instant_and_leave_the_last(self, shop: Shop) -> None:
        account = shop.account()
        moments = [datetime.now(UTC).replace(minute=3) - timedelta(days=2, microseconds=n) for n in (2, 1, 0)]
        for moment, quantity in zip(moments, ("1", "2", "4"), strict=True):
            used(shop, account, quantity=quantity, occurred_at=moment.isoformat())
        roll_up()

        def quantity(first: datetime, last: datetime) -> str:
            bounds = f"from={first:%Y-%m-%dT%H:%M:%S.%fZ}&to={last:%Y-%m-%dT%H:%M:%S.%fZ}"
            return str(items(shop, f"account={account}&{bounds}")[0]["quantity"])

        assert quantity(moments[0], moments[2]) == "3"
        assert quantity(moments[1], moments[2]) == "2"
        assert quantity(moments[1], moments[1] + timedelta(hours=1)) == "6"

    def test_tell_usage_of_a_quarter_that_they_cut_at_once(self, shop: Shop) -> None:
        account = shop.account()
        used(shop, account)

        assert items(
            shop, f"account={account}&from={datetime.now(UTC) - timedelta(seconds=30):%Y-%m-%dT%H:%M:%SZ}"
        ) == [{"quantity": "10", "tokens": "10.000000", "cost": "0", "calls": 1, "refused": 0}]


class TestGroups:
    def test_carry_their_keys(self, shop: Shop) -> None:
        account = shop.account()
        used(shop, account, items=both(shop), subject={"user": "u-1", "team": "red"})
        used(shop, account, items=both(shop, "m-2"), subject={"user": "u-2"})
        roll_up()

        by = items(
            shop, f"account={account}&group_by=account,dimension.model,subject.user,subject.team,token"
        )
        assert [(each["account"], each["dimension.model"], each["subject.user"]) for each in by] == [
            (account, "m-1", "u-1"),
            (account, "m-2", "u-2"),
        ]
        assert [each["subject.team"] for each in by] == ["red", None]
        assert {each["tokens"] for each in by} == {"12.500000"}
        features = items(shop, f"account={account}&group_by=feature")
        assert sorted((each["feature"], each["quantity"], each["calls"]) for each in features) == [
            (shop.goods.chat, "20", 2),
            (shop.goods.image, "5", 2),
        ]

    def test_of_time_go_by_the_zone(self, shop: Shop) -> None:
        account, zone = shop.account(), "Asia/Kolkata"
        told = used(shop, account, days_back=3)
        roll_up()
        at = datetime.fromisoformat(told["occurred_at"])
        there = at.astimezone(ZoneInfo(zone))

        utc = items(shop, f"account={account}&group_by=hour,day,month")
        local = items(shop, f"account={account}&group_by=hour,day,month&tz={zone}")

        assert [(each["hour"], each["day"], each["month"]) for each in utc] == [
            (f"{at:%Y-%m-%dT%H:00:00Z}", f"{at:%Y-%m-%d}", f"{at:%Y-%m}")
        ]
        assert [(each["hour"], each["day"], each["month"]) for each in local] == [
            (f"{there:%Y-%m-%dT%H:00:00+05:30}", f"{there:%Y-%m-%d}", f"{there:%Y-%m}")
        ]

    def test_count_late_usage_where_it_occurred_or_was_recorded(self, shop: Shop) -> None:
        account = shop.account()
        used(shop, account, days_back=20)
        roll_up()
        today, then = datetime.now(UTC).date(), (datetime.now(UTC) - timedelta(days=20)).date()

        occurred = items(shop, f"account={account}&group_by=day")
        recorded = items(shop, f"account={account}&group_by=day&by=recorded_at")

        assert [each["day"] for each in occurred] == [str(then)]
        assert [each["day"] for each in recorded] == [str(today)]

    def test_go_on_by_pages(self, shop: Shop) -> None:
        account = shop.account()
        for days in range(5):
            used(shop, account, days_back=days)
        roll_up()
        whole = items(shop, f"account={account}&group_by=day")

        found, path = [], f"/usage?account={account}&group_by=day&limit=2"
        while path:
            page = shop.all.get(path.removeprefix("/api/v1")).json
            found += page["items"]
            path = page["next"]

        assert found == whole
        assert len(whole) == 5

    def test_neither_repeat_nor_pass_over_one_while_usage_arrives(self, shop: Shop) -> None:
        account, path = shop.account(), "/usage?group_by=day&limit=1&account="
        for days in (9, 7, 5):
            used(shop, account, days_back=days)
        roll_up()
        page = shop.all.get(f"{path}{account}").json
        found = page["items"]

        used(shop, account, days_back=11)
        used(shop, account, days_back=6)
        roll_up()
        while page["next"]:
            page = shop.all.get(page["next"].removeprefix("/api/v1")).json
            found += page["items"]

        today = datetime.now(UTC)
        assert [each["day"] for each in found] == [
            f"{today - timedelta(days=days):%Y-%m-%d}" for days in (9, 7, 6, 5)
        ]

    def test_go_on_after_keys_of_every_kind(self, shop: Shop) -> None:
        account = shop.account()
        for days, user in ((1, "ü" * 128), (1, "a, b"), (2, None)):
            used(shop, account, days_back=days, items=both(shop), subject={"user": user} if user else {})
        used(shop, account)
        roll_up()
        query = (
            f"account={account}&group_by=subject.user,dimension.model,feature,account,token,hour,day,month"
        )
        whole, found, path = items(shop, query), [], f"/usage?{query}&limit=1"

        while path:
            page = shop.all.get(path.removeprefix("/api/v1")).json
            found += page["items"]
            path = page["next"]

        assert found == whole
        assert len(whole) == 7

    def test_go_on_until_when_they_were_begun(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        account, now = shop.account(), datetime.now(UTC)
        for days in (25, 20, 1):
            used(shop, account, days_back=days)
        roll_up()
        first = shop.all.get(f"/usage?account={account}&group_by=day&limit=1").json

        monkeypatch.setattr(usage_shown, "database_clock", lambda: now + timedelta(days=10))
        second = shop.all.get(first["next"].removeprefix("/api/v1")).json

        assert [each["day"] for each in first["items"] + second["items"]] == [
            f"{now - timedelta(days=25):%Y-%m-%d}",
            f"{now - timedelta(days=20):%Y-%m-%d}",
        ]


class TestRefusals:
    @pytest.mark.parametrize(
        ("query", "status", "pointer"),
        [
            ("group_by=weather", 400, "group_by"),
            ("group_by=feature,feature", 400, "group_by"),
            ("group_by=dimension.", 400, "group_by"),
            ("from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z", 400, "from"),
            ("by=guess", 400, "by"),
            ("tz=Moon/Base", 400, "tz"),
        ],
    )
    def test_name_the_parameter(self, shop: Shop, query: str, status: int, pointer: str) -> None:
        answer = shop.all.get(f"/usage?{query}")

        assert (answer.status, answer.pointers) == (status, [pointer])

    def test_know_no_stranger(self, shop: Shop) -> None:
        assert shop.all.get("/usage?account=nobody").slug == "unknown-account"
        assert shop.all.get("/usage?token=NONE").slug == "unknown-reference"
