"""Signals and their evidence: each where the facts give reason, and none a day or a token before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from billing.models import Connection, FigureLook, Outgoing
from billing.rules.connecting import TASK
from billing.rules.figures import AccountFigures
from billing.rules.forecasting import RunOut
from billing.rules.signals import Renewal, Seen, signals
from billing.services.figures import note_changes
from billing.tests.invoiced import UNLIMITED
from billing.tests.outbound.plain import Plain, linked
from billing.tests.outbound.vendor import Vendor
from usage.tests.made import DAY, Shop, clock

TODAY = date(2026, 3, 10)


def until(day: int, *bounds: date) -> RunOut:
    return RunOut(datetime(2026, 3, day, 8, tzinfo=UTC), *bounds, is_ranged=bool(bounds))


CALM = AccountFigures(
    reference="acme",
    state="active",
    unit="AIT",
    available=Decimal(100),
    held=Decimal(0),
    overage=Decimal(0),
    burn_a_day=Decimal(10),
    learnt_days=5,
    runs_out=until(20),
    next_expiry_on=None,
    next_expiry_tokens=None,
    trial="",
    trial_ends_on=None,
    plan="Team",
    last_used_at=None,
)


def codes(seen: Seen) -> list[str]:
    return [each.code for each in signals(seen)]


def on(day: int, tokens: int = 100, left: int = 0) -> Renewal:
    return Renewal(date(2026, 3, day), Decimal(tokens), Decimal(left))


class TestSignals:
    def test_calm_accounts_give_none(self) -> None:
        assert signals(Seen(CALM, TODAY)) == []

    def test_tokens_run_out_before_the_period_ends(self) -> None:
        (found,) = signals(Seen(CALM, TODAY, [on(21)]))

        assert (found.code, found.period, found.due_on) == ("runs-out", "2026-03-21", date(2026, 3, 20))
        assert found.evidence == (
            "100 AIT are left and about 10 a day are expected: they last until 20 Mar 2026, "
            "and the period ends on 21 Mar 2026."
        )
        assert found.rows == ("usage of acme from 2026-03-05 to 2026-03-09",)
        assert codes(Seen(CALM, TODAY, [on(20)])) == []
        assert codes(Seen(replace(CALM, next_expiry_on=date(2026, 3, 19)), TODAY, [on(21)])) == []

    def test_says_between_which_days_four_times_of_five(self) -> None:
        early, late = date(2026, 3, 18), date(2026, 3, 23)

        (ranged,) = signals(Seen(replace(CALM, runs_out=until(20, early, late)), TODAY, [on(21)]))
        (open_ended,) = signals(
            Seen(replace(CALM, runs_out=RunOut(until(20).at, early, None, True)), TODAY, [on(21)])
        )

        assert "until 20 Mar 2026 (18 Mar 2026 to 23 Mar 2026, four times of five), and" in ranged.evidence
        assert "(18 Mar 2026 to beyond ten years, four times of five), and" in open_ended.evidence

    @pytest.mark.parametrize(("days", "found"), [(6, []), (7, ["overage"])])
    def test_overage_lasts_a_week(self, days: int, found: list[str]) -> None:
        owing = replace(CALM, overage=Decimal(5))

        assert codes(Seen(owing, TODAY, overage_since=(TODAY - timedelta(days), 7))) == found
        assert codes(Seen(CALM, TODAY, overage_since=(TODAY - timedelta(days), 7))) == []

    def test_more_people_than_seats(self) -> None:
        found = signals(Seen(CALM, TODAY, overflow=[("draw", 2), ("chat", 3)]))

        assert [(each.code, each.period) for each in found] == [("seats", "chat:2026-03")]

    @pytest.mark.parametrize(("left", "day", "found"), [(60, 24, ["unused"]), (59, 24, []), (60, 25, [])])
    def test_most_is_unused_near_the_renewal(self, left: int, day: int, found: list[str]) -> None:
        lasting = replace(CALM, runs_out=RunOut(None))

        assert codes(Seen(lasting, TODAY, [on(day, 100, left)])) == found

    def test_most_is_unused_of_each_that_renews_soon(self) -> None:
        lasting, first = replace(CALM, runs_out=RunOut(None)), on(14, 100, 90)
        ends = [
            replace(first, of="order A, line 1", period="p1"),
            replace(first, of="order B, line 1", period="p2"),
            replace(on(20, 10, 9), of="order C, line 1", period="p3"),
            on(29, 10, 9),
        ]

        found = signals(Seen(lasting, TODAY, ends))

        assert [each.period for each in found] == ["2026-03-14:p1", "2026-03-14:p2", "2026-03-20"]
        assert (
            found[0].title == "Most tokens of order A, line 1, are unused before the renewal on 14 Mar 2026"
        )
        assert found[1].evidence == "90 of 100 AIT of order B, line 1, lie there, 90 %."

    @pytest.mark.parametrize(
        ("used", "ends", "state", "found"),
        [
            ("0.5", 17, "open", ["trial"]),
            ("1", 10, "spent", ["trial"]),
            ("0.49", 17, "open", []),
            ("0.5", 18, "open", []),
            ("0.5", 9, "expired", []),
            ("0.5", 17, "converted", []),
        ],
    )
    def test_a_used_trial_ends(self, used: str, ends: int, state: str, found: list[str]) -> None:
        trying = replace(CALM, trial=state, trial_ends_on=date(2026, 3, ends))

        assert codes(Seen(trying, TODAY, trial=("t-1", Decimal(used)))) == found


@pytest.mark.committed
def test_a_signal_is_one_task_however_often_it_is_found(plain: Connection, vendor: Vendor) -> None:
    long_ago = clock() - 9 * DAY
    shop = Shop(since=long_ago - 40 * DAY)
    acme = shop.an_account(long_ago, policy=UNLIMITED)
    linked(plain, acme)
    shop.debit(acme, "5", now=long_ago)
    for _ in range(2):
        note_changes({"plain": Plain()})
        FigureLook.objects.filter(account=acme).update(due_at=clock())

    (task,) = Outgoing.objects.filter(connection=plain, kind=TASK)
    assert (task.subject, task.content["signal"]) == (acme.reference, "overage")
    assert task.content["title"] == "Beyond what was bought for 9 days"
