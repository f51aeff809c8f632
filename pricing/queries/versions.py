"""Versions of a rate table: which is which at an instant, what they say, how they differ."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection

from pricing.errors import UnknownTable, UnknownVersion
from pricing.models import Feature, Rate, RateTable, Version
from pricing.queries.costs import unit_costs
from pricing.rules.checks import Verdict, judge
from pricing.rules.costs import UnitCost
from pricing.rules.differences import Difference, differences
from pricing.rules.ratecsv import render
from pricing.rules.rows import RateRow


@dataclass(frozen=True, slots=True)
class Takeover:
    """A version beside the one that it takes over from at an instant, with what a unit of each rate costs us then."""

    version: Version
    replaces: Version | None
    before: Sequence[RateRow]
    rows: Sequence[RateRow]
    costs: Sequence[UnitCost]


@dataclass(frozen=True, slots=True)
class Preview:
    """What publishing a version at an instant would do: the version it takes over from, the changes, the verdict."""

    replaces: Version | None
    differences: Sequence[Difference]
    verdict: Verdict


def moment_of_the_database() -> datetime:
    """The database's clock, by which prices start."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (moment,) = cursor.fetchone()
    assert isinstance(moment, datetime)
    return moment


def table_named(code: str) -> RateTable:
    """Raises UnknownTable."""
    table = RateTable.objects.filter(code=code).first()
    if table is None:
        raise UnknownTable(f"There is no rate table {code}.")
    return table


def version_numbered(table_code: str, number: int) -> Version:
    """Raises UnknownTable, UnknownVersion."""
    version = table_named(table_code).versions.select_related("table").filter(number=number).first()
    if version is None:
        raise UnknownVersion(f"Rate table {table_code} has no version {number}.")
    return version


def version_in_force(table_id: int, moment: datetime) -> Version | None:
    """The version that prices usage of this instant."""
    return Version.objects.filter(table_id=table_id).in_force(moment).select_related("table").first()


def version_before(version: Version) -> Version | None:
    """The version that was in force when this one started, or would have been had it not been withdrawn."""
    if version.effective_from is None:
        return None
    earlier = Version.objects.lasting().filter(
        table_id=version.table_id, effective_from__lt=version.effective_from
    )
    return earlier.order_by("-effective_from").first()


def draft_of(table_id: int) -> Version | None:
    """The draft that people edit, of which a table has at most one."""
    return Version.objects.drafts().filter(table_id=table_id, restores=None).select_related("table").first()


def rows_of(version: Version | None) -> list[RateRow]:
    """The rows of a version in the order they were written, without the labels of features."""
    if version is None:
        return []
    return [rate.row for rate in Rate.objects.of_version(version.pk)]


def labelled(rows: Sequence[RateRow]) -> list[RateRow]:
    """The rows with product, name and unit of their features as the catalogue has them."""
    codes = {row.feature for row in rows if not row.is_pattern}
    features = {feature.code: feature for feature in Feature.objects.coded(codes).select_related("product")}
    return [_labelled(row, features.get(row.feature)) for row in rows]


def _labelled(row: RateRow, feature: Feature | None) -> RateRow:
    if feature is None:
        return row
    return replace(row, product=feature.product.code, name=feature.name, unit=feature.unit)


def known_features() -> Collection[str]:
    """The codes of the catalogue."""
    return set(Feature.objects.values_list("code", flat=True))


def difference(old: Version | None, new: Version) -> list[Difference]:
    """What `new` prices otherwise than `old`, by default than nothing at all."""
    return differences(rows_of(old), rows_of(new))


def takeover(version: Version, moment: datetime) -> Takeover:
    """What publishing the draft with effect from `moment` is judged by."""
    replaced = version_in_force(version.table_id, moment)
    rows = rows_of(version)
    return Takeover(version, replaced, rows_of(replaced), rows, unit_costs(rows, moment))


def preview(asked: Takeover) -> Preview:
    """What publishing the draft would change, and what speaks against it."""
    return Preview(asked.replaces, differences(asked.before, asked.rows), verdict_on(asked))


def verdict_on(asked: Takeover) -> Verdict:
    """What speaks against publishing the draft."""
    return judge(asked.rows, replaced=asked.before, costs=asked.costs, features=known_features())


def as_file(version: Version) -> str:
    """The version as CSV, the form that importing reads."""
    return render(labelled(rows_of(version)))


def as_workbook(version: Version) -> bytes:
    """The version as XLSX, which importing reads as well."""
    from pricing.rules.ratexlsx import from_csv  # see `ratefiles`

    return from_csv(as_file(version))


def rates_named(name: str, moment: datetime) -> list[RateRow]:
    """The rates of `TABLE@NUMBER`, or of the version of `TABLE` that is in force, else its newest.

    Raises UnknownTable, UnknownVersion.
    """
    table_code, sign, number = name.partition("@")
    if not sign:
        return rows_of(version_to_export(table_code, moment))
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise UnknownVersion(f"{number!r} is not a number of a version.")
    return rows_of(version_numbered(table_code, int(number)))


def version_to_export(table_code: str, moment: datetime) -> Version:
    """The version in force, else the newest of the table.

    Raises UnknownTable, UnknownVersion.
    """
    table = table_named(table_code)
    version = version_in_force(table.pk, moment) or table.versions.order_by("-number").first()
    if version is None:
        raise UnknownVersion(f"Rate table {table_code} has no version yet.")
    return version
