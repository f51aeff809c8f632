"""What the page of a rehearsal shows: tokens before and after, margins, who is hit and whose wallet runs dry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from billing.queries.margins import worth_of
from billing.queries.recent import in_time
from billing.rules.impact import margin_of, width
from billing.rules.margins import Worth
from pricing.models import Feature, Version
from usage.models import Rehearsal
from usage.queries import rehearsals
from usage.queries.forecasts import PROFILE_DAYS, NextMonth, next_month, scaled_month
from usage.queries.rehearsals import OfAccount, RunDry, Sides
from usage.rules.impact import Sums
from wallets.models import Account

HIT_SHOWN = 10
GAINING_SHOWN = 5
DRY_SHOWN = 20
OTHERS_OFFERED = 30
LINES_PRICED_AT_ONCE = 20_000
"""How many lines of a month are priced while a page waits."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """Sums with what they leave of what they bring: of the lines whose cost is known.

    before_width, after_width: of bars, in hundredths of the longest.
    """

    sums: Sums
    margin_before: Decimal | None
    margin_after: Decimal | None
    feature: Feature | None = None
    before_width: int = 0
    after_width: int = 0


@dataclass(frozen=True, slots=True)
class Impact:
    """All that a rehearsal found, as one page shows it."""

    total: Weighed
    features: Sequence[Weighed]
    sides: Sides
    hit: Sequence[OfAccount]
    gaining: Sequence[OfAccount]
    dry: RunDry
    worth: Worth


@dataclass(frozen=True, slots=True)
class Beside:
    """One feature at the prices of two rehearsals; None where one knows no usage of it."""

    feature: Feature
    one: Sums | None
    other: Sums | None


def impact(rehearsal: Rehearsal) -> Impact | None:
    """What a rehearsal that is done found; None where it takes longer to add up than a page should wait."""
    worth = worth_of(rehearsal.table.token)
    return in_time(lambda: _impact(rehearsal, worth))


def beside(one: Rehearsal, other: Rehearsal) -> list[Beside]:
    """Two rehearsals, feature by feature, the largest of the first one first."""
    first = {each.feature.pk: each for each in rehearsals.by_feature(one)}
    second = {each.feature.pk: each for each in rehearsals.by_feature(other)}
    features = {pk: each.feature for pk, each in (first | second).items()}
    return [
        Beside(
            feature,
            first[pk].sums if pk in first else None,
            second[pk].sums if pk in second else None,
        )
        for pk, feature in {**{pk: features[pk] for pk in first}, **features}.items()
    ]


def comparable(rehearsal: Rehearsal) -> QuerySet[Rehearsal]:
    """Other rehearsals of the same table that can be read, the newest first."""
    return Rehearsal.objects.done().filter(table_id=rehearsal.table_id).exclude(pk=rehearsal.pk)


def is_stale(rehearsal: Rehearsal) -> bool:
    """Whether the draft was edited or thrown away since."""
    version = rehearsal.version
    return version is None or version.revision != rehearsal.revision


def newest_of(version: Version) -> Rehearsal | None:
    """The newest rehearsal of a draft as it is now, under way or done."""
    rows = Rehearsal.objects.filter(version=version, revision=version.revision).exclude(
        state__in=["cancelled", "failed"]
    )
    return rows.select_related("table", "asked_by").order_by("-pk").first()


def features_of(rehearsal: Rehearsal, account: Account) -> list[Weighed]:
    """What each feature came to for one account."""
    found = rehearsals.by_feature(rehearsal, account.pk)
    return _weighed([(each.feature, each.sums) for each in found], worth_of(rehearsal.table.token))


def month_ahead(
    rehearsal: Rehearsal, account: Account, features: Sequence[Weighed], moment: datetime
) -> NextMonth:
    """What next month would cost the account: at the version's prices as they are now, where a page can wait for that.

    features: what the rehearsal found for the account.
    """
    version, sums = rehearsal.version, [each.sums for each in features]
    lines = sum(each.lines for each in sums) * PROFILE_DAYS / max(rehearsal.days, Decimal(1))
    found = None
    if version is not None and lines <= LINES_PRICED_AT_ONCE:
        found = in_time(lambda: next_month(account, version, moment))
    return found or scaled_month(account, sums, rehearsal.days, moment)


def _impact(rehearsal: Rehearsal, worth: Worth) -> Impact:
    found = rehearsals.by_feature(rehearsal)
    return Impact(
        total=_weighed([(None, rehearsals.total(rehearsal))], worth)[0],
        features=_weighed([(each.feature, each.sums) for each in found], worth),
        sides=rehearsals.sides(rehearsal),
        hit=[each for each in rehearsals.hit(rehearsal, most=HIT_SHOWN) if each.change > 0],
        gaining=rehearsals.gaining(rehearsal, most=GAINING_SHOWN),
        dry=rehearsals.run_dry(rehearsal, most=DRY_SHOWN),
        worth=worth,
    )


def _weighed(found: Sequence[tuple[Feature | None, Sums]], worth: Worth) -> list[Weighed]:
    longest = max((max(sums.before, sums.after) for _, sums in found), default=Decimal(0))
    return [
        Weighed(
            sums,
            margin_of(sums.costed_before, sums.cost_before, worth),
            margin_of(sums.costed_after, sums.cost_after, worth),
            feature,
            width(sums.before, longest),
            width(sums.after, longest),
        )
        for feature, sums in found
    ]
