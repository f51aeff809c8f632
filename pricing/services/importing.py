"""Rate files: what one would change, and changing it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.contrib.auth.models import User
from django.db import transaction

from config.kernel.errors import InvalidRequest
from pricing.errors import PublishRefused, ReviewNeeded
from pricing.models import Feature, Product, RateTable, Refusal, Version
from pricing.models.product import CODE_WORDING
from pricing.queries.costs import unit_costs
from pricing.queries.reviews import ReviewState, rules_about, standing_of
from pricing.queries.versions import (
    draft_of,
    known_features,
    moment_of_the_database,
    rows_of,
    version_in_force,
)
from pricing.rules.checks import Finding, Verdict, judge
from pricing.rules.differences import Difference, differences, price_alike
from pricing.rules.ratecsv import LineError, RateFile
from pricing.rules.ratefiles import rates_of, refusal
from pricing.rules.rows import CODE, RateRow
from pricing.rules.second_person import MarginOf, reasons
from pricing.services import catalogue, drafting, publishing, reviewing
from pricing.services.on_record import on_record


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked: these rates for this table.

    table: its code; made in `token` where it does not exist.
    effective_from: when it is to hold; null is now.
    """

    table: str
    text: str
    token: str
    publish: bool = False
    effective_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Relabelled:
    """A feature whose name or unit the file gives otherwise than the catalogue."""

    feature: str
    name: str
    unit: str
    former_name: str
    former_unit: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What carrying out an order would do. With `is_in_force` no version is made. reasons: for a second person."""

    rows: Sequence[RateRow]
    table: RateTable | None
    is_in_force: bool
    differences: Sequence[Difference]
    verdict: Verdict
    reasons: Sequence[Finding] = ()
    products: Sequence[str] = ()
    features: Sequence[str] = ()
    relabelled: Sequence[Relabelled] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of an order. `version` is the draft or what was published, null where nothing had to be made.

    needed: what refused to publish it, where it is in review.
    """

    outcome: Literal["in_force", "draft", "in_review", "published"]
    plan: Plan
    table: RateTable
    version: Version | None
    is_new_table: bool = False
    needed: ReviewNeeded | None = None


def plan(order: Order, margin_of: MarginOf | None = None) -> Plan:
    """Tell what the file would change, and write nothing. margin_of: as in `publishing.publish`.

    Raises ImportRefused, InvalidRequest.
    """
    if not CODE.fullmatch(order.table):
        raise InvalidRequest.at("/table", CODE_WORDING)
    file = rates_of(order.text)
    features = _features_of(file)
    errors = list(_product_errors(file, features))
    if errors:
        raise refusal(errors)
    table = RateTable.objects.filter(code=order.table).first()
    return _compared(order, file, table, features, margin_of)


def import_rates(
    order: Order, *, user: User | None = None, reason: str = "", margin_of: MarginOf | None = None
) -> Imported:
    """Make or replace the table's draft by the file, and publish it where that is asked; all or nothing.

    Missing table, products and features are made. What is in force already is neither drafted nor published. Where a
    rule asks for a second person, the draft is put before one instead, unless one has sent back exactly this.
    margin_of: as in `publishing.publish`.

    Raises ImportRefused, InvalidRequest, PublishRefused, InstantInThePast, OverlapsInTime, ReviewNeeded.
    """
    known = RateTable.objects.filter(code=order.table).first()
    with on_record(Refusal.Verb.IMPORT, user, known.pk if known else None), transaction.atomic():
        if known is not None:
            drafting.lock_table(known.pk)
        return _imported(order, user, reason, margin_of)


def _imported(order: Order, user: User | None, reason: str, margin_of: MarginOf | None) -> Imported:
    planned = plan(order, margin_of)
    if order.publish and planned.verdict.refusals:
        raise _not_publishable(planned.verdict)
    table = planned.table or catalogue.create_table(
        code=order.table, token=order.token, user=user, reason=reason
    )
    _fill_catalogue(planned, user, reason)
    is_new = planned.table is None
    if planned.is_in_force:
        return Imported("in_force", planned, table, None)
    draft = draft_of(table.pk) or drafting.open_draft(table=table, user=user, reason=reason)
    draft = drafting.replace_rates(draft=draft, rows=planned.rows, revision=None, user=user, reason=reason)
    if not order.publish:
        return Imported("draft", planned, table, draft, is_new)
    try:
        with transaction.atomic():
            published = publishing.publish_locked(
                draft=draft,
                effective_from=order.effective_from,
                reason=reason,
                user=user,
                margin_of=margin_of,
            )
    except ReviewNeeded as needed:
        standing = standing_of(draft)
        if standing.state == ReviewState.RETURNED and standing.is_current:
            raise
        if standing.state != ReviewState.IN_REVIEW:
            reviewing.ask(draft=draft, note=reason, user=user)
        return Imported("in_review", planned, table, draft, is_new, needed)
    return Imported("published", planned, table, published, is_new)


def _not_publishable(verdict: Verdict) -> PublishRefused:
    """What speaks against publishing the file, by its lines. Unlike a file that can't be read it is kept on record."""
    lines = refusal([LineError(each.row or 1, "", each.detail) for each in verdict.refusals]).errors
    sentence = f"These rates can't be published, and nothing was imported: {lines[0].detail}"
    return PublishRefused(sentence, errors=lines)


def _compared(
    order: Order,
    file: RateFile,
    table: RateTable | None,
    features: Mapping[str, Feature],
    margin_of: MarginOf | None,
) -> Plan:
    now = moment_of_the_database()
    starts_at = max(order.effective_from or now, now)
    replaced = version_in_force(table.pk, starts_at) if table is not None else None
    before = rows_of(replaced)
    codes = {row.feature for row in file.rows if not row.is_pattern}
    costs = unit_costs(file.rows, starts_at)
    verdict = judge(file.rows, replaced=before, costs=costs, features={*known_features(), *codes})
    is_in_force = replaced is not None and price_alike(before, file.rows)
    rules = [] if is_in_force else rules_about(table.pk if table else None)
    products = {row.product for row in file.rows if row.product}
    existing = set(Product.objects.filter(code__in=products).values_list("code", flat=True))
    return Plan(
        rows=file.rows,
        table=table,
        is_in_force=is_in_force,
        differences=differences(before, file.rows),
        verdict=_by_line(verdict, file),
        reasons=reasons(rules, file.rows, before, costs, margin_of),
        products=sorted(products - existing),
        features=sorted(codes - set(features)),
        relabelled=list(_relabelled(file, features)),
    )


def _features_of(file: RateFile) -> dict[str, Feature]:
    codes = {row.feature for row in file.rows if not row.is_pattern}
    return {feature.code: feature for feature in Feature.objects.coded(codes).select_related("product")}


def _product_errors(file: RateFile, features: Mapping[str, Feature]) -> Iterator[LineError]:
    told = {row.feature for row in file.rows if row.product}
    for row, line in zip(file.rows, file.lines, strict=True):
        feature = features.get(row.feature)
        if feature is not None and row.product not in ("", feature.product.code):
            yield LineError(line, "product", f"{row.feature} is a feature of {feature.product.code}.")
        elif feature is None and not row.is_pattern and row.feature not in told:
            yield LineError(line, "product", f"{row.feature} is new and needs a product.")


def _labels(rows: Sequence[RateRow]) -> dict[str, tuple[str, str, str]]:
    """Product, name and unit of each feature, from whichever of its lines tells them."""
    found: dict[str, tuple[str, str, str]] = {}
    for row in rows:
        if not row.is_pattern:
            product, name, unit = found.get(row.feature, ("", "", ""))
            found[row.feature] = (product or row.product, name or row.name, unit or row.unit)
    return found


def _relabelled(file: RateFile, features: Mapping[str, Feature]) -> Iterator[Relabelled]:
    for code, (_, name, unit) in _labels(file.rows).items():
        feature = features.get(code)
        if feature is not None and (name or feature.name, unit or feature.unit) != (
            feature.name,
            feature.unit,
        ):
            yield Relabelled(code, name or feature.name, unit or feature.unit, feature.name, feature.unit)


def _fill_catalogue(planned: Plan, user: User | None, reason: str) -> None:
    for code in planned.products:
        catalogue.create_product(code=code, user=user, reason=reason)
    labels = _labels(planned.rows)
    wanted = {code: labels[code] for code in planned.features}
    products = {
        product.code: product
        for product in Product.objects.filter(code__in={each[0] for each in wanted.values()})
    }
    catalogue.create_features(
        [
            Feature(product=products[product], code=code, name=name or code, unit=unit or "unit")
            for code, (product, name, unit) in wanted.items()
        ],
        user=user,
        reason=reason,
    )
    for label in planned.relabelled:
        feature = Feature.objects.get(code=label.feature)
        catalogue.relabel(feature=feature, name=label.name, unit=label.unit, user=user, reason=reason)


def _by_line(verdict: Verdict, file: RateFile) -> Verdict:
    """The verdict with the lines of the file in place of rows."""

    def placed(finding: Finding) -> Finding:
        line = None if finding.row is None else file.lines[finding.row]
        return Finding(finding.code, finding.feature, finding.detail, line)

    return Verdict(tuple(map(placed, verdict.refusals)), tuple(map(placed, verdict.warnings)))
