"""When tokens run out: pages, alerts, advice, digests and outside systems agree with each other and the ledger."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import ceil
from random import Random

import pytest
from django.db import connection as database

from billing.models import Advice, Connection, Outgoing
from billing.queries.alert_facts import facts_of
from billing.queries.digests import digest
from billing.rules.alerts import RUNS_OUT, crossed
from billing.rules.connecting import FIELDS, TASK
from billing.rules.mapping import OUT, Target
from billing.services import advising
from billing.services.figures import note_changes
from billing.tests.buyers.visiting import page, signed_in
from billing.tests.desks.people import at_the_desk_of
from billing.tests.outbound.plain import Plain, linked
from billing.tests.outbound.vendor import Vendor
from usage.services import reversing
from usage.tests.made import DAY, HOUR, Shop, a_grant, a_reversal, clock
from usage.tests.rolled import roll_up
from wallets.models import Account

pytestmark = pytest.mark.committed

NOTHING = Decimal(0)
USED = """
    SELECT date_trunc('hour', d.occurred_at, 'UTC'),
           sum(CASE WHEN e.kind IN ('draw', 'overage') THEN e.amount ELSE -e.amount END)
    FROM wallets_entry e LEFT JOIN usage_reversal r ON r.id = e.cause_id AND e.cause_kind = 'reversal'
    JOIN usage_debit d ON d.id = coalesce(r.debit_id, e.cause_id)
    WHERE e.account_id = %s AND e.kind IN ('draw', 'overage', 'restore', 'overage_reversal') GROUP BY 1
"""
LEFT = """
    SELECT coalesce(sum(remaining - held), 0) FROM wallets_grant
    WHERE account_id = %s AND effective_at <= clock_timestamp() AND expires_at > clock_timestamp()
"""


class Tells(Plain):
    """As the test's vendor, and it is told when tokens run out."""

    targets = (*Plain.targets, Target("customer", "runs_out_on", "Runs out", "gone", OUT))


def by_the_ledger(account: Account, now: datetime) -> date | None:
    """The same by the raw ledger, hour by hour: its own weeks over again, or the plain mean of less than four."""
    with database.cursor() as cursor:
        cursor.execute(USED, [account.pk])
        used = {at.astimezone(UTC): tokens for at, tokens in cursor.fetchall()}
        cursor.execute(LEFT, [account.pk])
        (left,) = cursor.fetchone()
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first = max(min(used).replace(hour=0) + DAY, today - 56 * DAY)
    days = (today - first).days
    if days >= 28:
        first = today - days // 7 * 7 * DAY
    learnt = [first + n * HOUR for n in range((today - first) // HOUR)]
    usual: dict[tuple[int, int], Decimal] = {}
    for at in learnt:
        place = (at.weekday(), at.hour) if days >= 28 else (0, 0)
        usual[place] = usual.get(place, NOTHING) + used.get(at, NOTHING)
    each = len(learnt) // 168 if days >= 28 else len(learnt)
    if left <= 0 or not any(usual.values()):
        return None
    at = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    for _ in range(3650 * 24):
        left -= usual[(at.weekday(), at.hour) if days >= 28 else (0, 0)] / each
        if left <= 0:
            return at.date()
        at += HOUR
    return None


def customers(shop: Shop) -> dict[str, Account]:
    """Each used for so many days, so much, and has so much; what they have expires in a year."""
    now = clock()
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    random = Random(17)
    made = {}
    for name, days, granted in (
        ("weekly", 42, "2500"),
        ("young", 10, "400"),
        ("new", 1, "100"),
        ("lasting", 40, "900000"),
        ("empty", 30, "330"),
        ("erratic", 55, "3000"),
    ):
        account = made[name] = shop.an_account(now - 90 * DAY, name=name)
        a_grant(account, granted, kind="purchase", now=now - 90 * DAY, expires_at=now + 365 * DAY)
        for n in range(days, 0, -1):
            at, tokens = today - n * DAY + 10 * HOUR, 11
            if name == "weekly":
                tokens = 100 if at.weekday() == 2 else 10
            if name == "erratic":
                at, tokens = at + random.randrange(9) * HOUR, random.randrange(1, 60)
            shop.debit(account, str(tokens), now=at)
    back = shop.debit(made["erratic"], "200", at=now - 9 * DAY, now=now)
    reversing.reverse(a_reversal(back, "150", now=now))
    roll_up()
    return made


def test_all_that_tell_it_agree_to_the_day(plain: Connection, vendor: Vendor) -> None:
    accounts, now = customers(Shop(since=clock() - 100 * DAY)), clock()
    wanted = {name: by_the_ledger(account, now) for name, account in accounts.items()}
    for account in accounts.values():
        linked(plain, account)

    note_changes({"plain": Tells()})
    advising.advise(now)

    assert {name for name, day in wanted.items() if day} == {"weekly", "young", "erratic"}
    desk = at_the_desk_of("Support")
    for name, account in accounts.items():
        day = wanted[name]
        on_page = desk.get(f"/admin/wallets/account/{account.pk}/change/").context["runs_out"].at
        to_its_people = signed_in(account).get(page(account)).context["runs_out"].at
        fields = Outgoing.objects.get(connection=plain, kind=FIELDS, subject=account.reference).content
        assert (name, on_page and on_page.date()) == (name, day)
        assert (name, to_its_people and to_its_people.date()) == (name, day)
        assert (name, fields["gone"]) == (name, day and day.isoformat())
        facts = facts_of(account, {RUNS_OUT}, now)
        assert (name, facts.runs_out_at and facts.runs_out_at.date()) == (name, day)
        if facts.runs_out_at:
            ahead = (facts.runs_out_at - now) / DAY
            assert crossed(RUNS_OUT, ceil(ahead), facts, now)
            assert not crossed(RUNS_OUT, int(ahead), facts, now)

        title = f"Tokens run out on {day:%-d %b %Y}" if day else None
        advice = Advice.objects.filter(customer=account, code="runs-out").first()
        task = Outgoing.objects.filter(
            connection=plain, kind=TASK, subject=account.reference, content__signal="runs-out"
        ).first()
        assert (name, advice and advice.title) == (name, title)
        assert (name, task and task.content["title"]) == (name, title)


def test_a_digest_names_the_same_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.queries.digests.ADVICE_SHOWN", 10_000)
    accounts, now = customers(Shop(since=clock() - 100 * DAY)), clock()
    advising.advise(now)

    for about in ("sales", "success"):
        found = digest(about, now, "/admin/").sections
        (section,) = [each for each in found if each.title == "Accounts to call"]
        told = {line.name for line in section.lines}
        for name in ("weekly", "young", "erratic"):
            account = accounts[name]
            day = by_the_ledger(account, now)
            assert f"{account.reference}: Tokens run out on {day:%-d %b %Y}" in told


def test_the_range_goes_from_page_to_advice() -> None:
    account, now = customers(Shop(since=clock() - 100 * DAY))["erratic"], clock()
    advising.advise(now)

    shown = at_the_desk_of("Support").get(f"/admin/wallets/account/{account.pk}/change/").context["runs_out"]

    advice = Advice.objects.get(customer=account, code="runs-out")
    assert shown.is_ranged
    assert shown.latest > shown.earliest >= now.date() + timedelta(days=1)
    assert f"({shown.earliest:%-d %b %Y} to {shown.latest:%-d %b %Y}, four times of five)" in advice.evidence
    assert advice.rows[0] == (
        f"usage of {account.reference} from {now.date() - timedelta(days=49)} to {now.date() - timedelta(days=1)}"
    )
