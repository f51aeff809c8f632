"""Rules of the inbox: what stands now has a row, with its evidence; what ended is settled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from billing.models import InboxItem
from billing.models.inbox import KIND
from billing.queries import inbox_causes
from billing.queries.cost_review import TableReview
from billing.queries.inbox_causes import Bend, Past, Reached
from billing.services.inbox import Raised, raise_causes
from config.kernel.amounts import readable
from config.kernel.running import alone_at, once_a_period, period_of
from usage.queries.moments import database_clock
from usage.queries.rolled import rolled
from wallets.models import Grant
from wallets.rules.slots import slot_of

Rule = InboxItem.Rule
JOB = "watch for the inbox"
BURN_AT = timedelta(minutes=30)
"""When yesterday's burn is looked at, in UTC: once all that was recorded in it is rolled up."""
SHOWN = 10


def watch(now: datetime | None = None) -> int:
    """Raise and settle rows of all that is not burn; answers how many causes have a row.

    Where somebody else is at it, nothing is done.
    """
    moment = now or database_clock()
    with alone_at(JOB) as is_alone:
        if not is_alone:
            return 0
        reached = [_threshold(each) for each in inbox_causes.thresholds(moment)]
        count = raise_causes(Rule.THRESHOLD, reached, moment)
        count += raise_causes(Rule.BEYOND, [_past(each) for each in inbox_causes.beyond()], moment)
        count += raise_causes(Rule.EXPIRY, list(_expiries(inbox_causes.expiring(moment))), moment)
        losing = inbox_causes.losing(moment)
        if losing is not None:
            count += raise_causes(Rule.MARGIN, [_margin(each) for each in losing], moment)
        return count


def watch_burn_once_a_day(now: datetime | None = None) -> bool:
    """Raise and settle rows of burn that bends, once a day; answers whether it was done here.

    It waits until the day before is rolled up: days that are missing would look like burn that fell.
    """
    moment = now or database_clock()
    if not rolled().has_yesterday:
        return False
    day = slot_of(moment - BURN_AT, timedelta(days=1)) + BURN_AT
    return once_a_period(job="watch burn", period=period_of(day), work=lambda: watch_burn(day))


def watch_burn(moment: datetime) -> dict[str, Any]:
    """Raise and settle rows of burn that bends before `moment`; answers how many causes have one."""
    causes = [_burn(each, moment) for each in inbox_causes.bends(moment)]
    return {"rows": raise_causes(Rule.BURN, causes, database_clock())}


def _threshold(each: Reached) -> Raised:
    spent, there = readable(each.stocked - each.balance), readable(each.stocked)
    said = f"{spent} of the {there} {each.unit} that were there when tokens came last are spent."
    return Raised(
        Rule.THRESHOLD,
        f"{each.wallet_id}:{each.starts}:{each.share}",
        title=f"{each.reference} has spent {each.share} % of its {each.unit}",
        detail=said,
        link=f"wallets/account/{each.account_id}/change/?unit={each.unit}",
        customer_id=each.account_id,
        evidence=(
            ("Threshold", f"{each.share} %"),
            ("Reached at", f"{each.at.astimezone(UTC):%-d %b %Y %H:%M} UTC"),
            ("Debit", str(each.debit_id)),
            ("There when tokens came last", there),
            ("Balance", readable(each.balance)),
        ),
    )


def _past(each: Past) -> Raised:
    times = "one debit" if each.debits == 1 else f"{each.debits} debits"
    return Raised(
        Rule.BEYOND,
        f"{each.wallet_id}:{each.overdrawn_from}",
        title=f"{each.reference} used {readable(each.tokens)} {each.unit} beyond its policy",
        detail=f"What was over when it was reported is charged all the same: {times} since its overage began.",
        link=f"usage/beyondpolicy/?account={each.account_id}",
        customer_id=each.account_id,
        evidence=(
            ("Beyond the policy", readable(each.tokens)),
            ("Debits", str(each.debits)),
            ("Debit", str(each.debit_id)),
            ("Recorded at", f"{each.at.astimezone(UTC):%-d %b %Y %H:%M} UTC"),
            ("Overage", readable(each.overage)),
        ),
    )


def _expiries(grants: Iterable[Grant]) -> Iterator[Raised]:
    """A row an account and token unit. grants: the next to expire first."""
    by_wallet: dict[UUID, list[Grant]] = defaultdict(list)
    for grant in grants:
        by_wallet[grant.wallet_id].append(grant)
    for _, of_wallet in sorted(by_wallet.items()):
        first = of_wallet[0]
        unit, day = first.wallet.unit.code, first.expires_at
        lost = sum((each.remaining for each in of_wallet[1:]), first.remaining)
        said = f"{readable(round(lost, 2) or lost)} paid {unit}"
        yield Raised(
            Rule.EXPIRY,
            f"{first.wallet_id}:{day:%Y-%m-%d}",
            title=f"{first.account.reference} loses {said} from {day:%-d %b %Y} on",
            detail="They were bought and expire within two weeks, unless they are used or their expiry is moved.",
            link=f"wallets/account/{first.account_id}/change/?tab=grants&unit={unit}",
            customer_id=first.account_id,
            evidence=tuple(
                (
                    f"Grant {each.pk}",
                    f"{readable(each.remaining)} {unit} until {each.expires_at:%-d %b %Y %H:%M} UTC",
                )
                for each in of_wallet[:SHOWN]
            ),
        )


def _margin(review: TableReview) -> Raised:
    versions = sorted({each.version.number for each in review.findings})
    count = len(review.findings)
    said = "cost more than they bring" if count > 1 else "costs more than it brings"
    return Raised(
        Rule.MARGIN,
        f"{review.table.code}:{','.join(map(str, versions))}",
        title=f"{count} rate{'s' if count > 1 else ''} of {review.table} {said}",
        detail="At what their models cost now, and at the average price that customers paid for a token.",
        link="pricing/costrate/review/",
        evidence=tuple(
            (f"v{each.version.number} {each.row.title}", each.present.why) for each in review.findings[:SHOWN]
        ),
    )


def _burn(bend: Bend, moment: datetime) -> Raised:
    left, unit = bend.departure, bend.unit.code
    days = "day" if left.days == 1 else f"{left.days} days"
    more = "more" if left.is_rise else "less"
    occasion = f"{moment:%Y-%m}" if left.is_rise else f"{moment:%Y-%m}:{more}"
    used = readable(round(left.used, 2))
    held = f"{readable(round(left.low, 2))} to {readable(round(left.high, 2))}"
    return Raised(
        Rule.BURN,
        f"{bend.account.pk}:{unit}:{occasion}",
        title=f"{bend.account.reference} burns {more} {unit} than its weeks let expect",
        detail=f"The last {days} used {used} {unit}; 99 times of a hundred it would be {held}.",
        link=f"wallets/account/{bend.account.pk}/change/?tab=usage&unit={unit}",
        customer_id=bend.account.pk,
        evidence=(
            (KIND, "Burn spike" if left.is_rise else "Burn drop"),
            ("Days", f"{left.days}, until the midnight before {moment.astimezone(UTC):%-d %b %Y}"),
            ("Used", used),
            ("Expected", readable(round(left.expected, 2))),
            ("99 times of a hundred", held),
        ),
    )
