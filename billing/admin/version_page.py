"""The page of one version of a price list: a draft to edit, or published and read-only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from billing.admin import rate_grid
from billing.admin.rate_grid import GridRow
from billing.queries.life import life_of
from billing.queries.margins import worth_of
from billing.queries.rate_usage import used_lately
from billing.rules.margins import Worth, margin
from config.desk.pages import DeskPage
from config.kernel.amounts import plain
from config.kernel.errors import DomainError
from pricing.errors import DraftChanged
from pricing.models import Product, Rate, Version, VersionState
from pricing.queries.costs import costs_of, unit_costs
from pricing.queries.reviews import may_decide, rules_about
from pricing.queries.versions import labelled, rows_of, version_before, version_in_force
from pricing.rules.costs import CostLine, UnitCost
from pricing.rules.differences import differences
from pricing.rules.rows import RateRow
from pricing.services import drafting
from pricing.services.new_features import replace_rates_of_new

SEES_COSTS = "pricing.view_costrate"
MAKES_FEATURES = "pricing.add_feature"
ROWS_A_PAGE = 100
ROWS_COMPARED = 5_000


class VersionPage(DeskPage):
    """The rates of a version: a grid where it is a draft one may edit, else a list to read."""

    permissions = ("pricing.view_version",)
    template_name = "desk/prices/version.html"

    def find(self, object_id: int, **_kwargs: Any) -> None:
        self.version = version_or_404(object_id)
        self.now = timezone.now()
        self.live = version_in_force(self.version.table_id, self.now)

    @cached_property
    def worth(self) -> Worth:
        return worth_of(self.version.table.token)

    def title(self) -> str:
        return f"{self.version.table} {self.version}"

    def context(self) -> dict[str, Any]:
        version = self.version
        state = version.state_at(self.now)
        former = version_before(version) if state == VersionState.LIVE else None
        newest = version.table.versions.order_by("-number").first()
        story = life_of(version, self.now)
        context = {
            "version": version,
            "table": version.table,
            "state": state,
            "live": self.live,
            "rate_count": version.rates.count(),
            "every_rate": version.rates.filter(feature="*", dimensions={}).first(),
            "draft": version.table.versions.drafts().filter(restores=None).first(),
            "former": former,
            "next_number": newest.number + 1 if newest else 1,
            "is_large": version.rates.count() > ROWS_COMPARED,
            "worth": self.worth,
            "life": story,
            "has_rules": bool(rules_about(version.table_id)),
            "may_decide": story.standing.review and may_decide(story.standing.review, self.request.user),
        }
        return {**context, **(self._editable(context) or self._readable())}

    def _editable(self, context: dict[str, Any]) -> dict[str, Any] | None:
        """The grid, and how many changes it holds; None where this is no draft, not theirs, or too long for a grid."""
        if not self.version.is_draft or context["is_large"]:
            return None
        rows, live = rows_of(self.version), rows_of(self.live)
        changes = {"changes": differences(live, rows)}
        if not self.request.user.has_perm("pricing.change_version"):
            return {**changes, **self._readable()}
        if not rate_grid.fits(rows):
            return {**changes, **self._readable(), "needs_a_file": True}
        return {**changes, **self._grid(rate_grid.shown(rows, live), rows)}

    def _grid(self, grid: list[GridRow], rows: Sequence[RateRow] | None) -> dict[str, Any]:
        """What the grid's template needs. rows: the rates that the grid spells, where it can be read."""
        costs = self._costs([rate_grid.named(line.cells) for line in grid])
        for line, cost in zip(grid, costs, strict=True):
            line.known = cost.listed if cost else None
        if rows is not None:
            rate_grid.weigh(grid, rows, self.worth)
            used = used_lately(self.version.table_id, self.now)
            for line, row in zip(rate_grid.kept(grid), rows, strict=True):
                line.used = plain(used.get(row.key, Decimal(0)))
        worths = {code: plain(rate) for code, rate in self.worth.rates.items()}
        return {
            "grid": grid,
            "columns": rate_grid.CELLS,
            "has_extra": rate_grid.has_extra(grid),
            "worths": json.dumps(worths),
        }

    def _costs(self, rows: Sequence[RateRow]) -> Sequence[UnitCost | None]:
        """What a unit of each row costs us now; None for those who may only see what the rows say."""
        if not self.request.user.has_perm(SEES_COSTS):
            return [None] * len(rows)
        return unit_costs(rows, self.now)

    def _readable(self) -> dict[str, Any]:
        asked = self.request.GET.get("q", "").strip()[:100]
        found = Rate.objects.of_version(self.version.pk)
        rates = Paginator(found.mentioning(asked) if asked else found, ROWS_A_PAGE)
        page = rates.get_page(self.request.GET.get("p"))
        rows = labelled([rate.row for rate in page])
        weighed = [
            (row, cost, margin(row, self.worth, cost))
            for row, cost in zip(rows, self._costs(rows), strict=True)
        ]
        return {
            "page": page,
            "asked": asked,
            "keep": f"{urlencode({'q': asked})}&" if asked else "",
            "rows": weighed,
            "needs_a_file": self.version.is_draft and self.request.user.has_perm("pricing.change_version"),
        }

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        if not request.user.has_perm("pricing.change_version"):
            return self.get(request)
        live = rows_of(self.live)
        grid = rate_grid.sent(request.POST.dict(), live)
        reason = request.POST.get("reason", "").strip()
        rows = rate_grid.rates_of(grid)
        if rows is None:
            messages.error(
                request, f"Nothing was saved: {rate_grid.faults(grid)} can't be read. See what is marked."
            )
            return self.shown(**self._grid(grid, None), reason=reason)
        try:
            self._save(rows, reason)
        except DraftChanged as refusal:
            messages.error(
                request,
                f"{refusal.detail} What you typed is below, beside what is in force; nothing was saved.",
            )
            return self.shown(**self._grid(grid, rows), reason=reason)
        except DomainError as refusal:
            rate_grid.marked(grid, refusal)
            messages.error(request, f"Nothing was saved. {refusal.detail}")
            return self.shown(**self._grid(grid, rows), **self._making(rows), reason=reason)
        messages.success(
            request, f"{self.version} is saved. Nothing changes for anybody until it is published."
        )
        return HttpResponseRedirect(request.path)

    def _save(self, rows: Sequence[RateRow], reason: str) -> None:
        saved = {"draft": self.version, "rows": rows, "revision": _revision(self.request)}
        product = self.request.POST.get("product", "").strip()
        if product and self.request.user.has_perm(MAKES_FEATURES):
            replace_rates_of_new(**saved, product=product, user=self.request.user, reason=reason)
        else:
            drafting.replace_rates(**saved, user=self.request.user, reason=reason)

    def _making(self, rows: Sequence[RateRow]) -> dict[str, Any]:
        """Which features are to be made first, and the products that they may be of."""
        if not self.request.user.has_perm(MAKES_FEATURES):
            return {}
        return {
            "missing": drafting.missing_features(rows),
            "products": Product.objects.all(),
            "product": self.request.POST.get("product", "").strip(),
        }


class ModelCosts(DeskPage):
    """What models cost now that the grid names, for margins to follow while one types; as JSON, by place."""

    permissions = ("pricing.change_version", SEES_COSTS)

    def find(self, object_id: int, **_kwargs: Any) -> None:
        version_or_404(object_id)

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:pricing_version_change", kwargs=kwargs))

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        asked = rate_grid.named_in(request.POST.dict())
        known = zip(asked, costs_of(list(asked.values()), timezone.now()), strict=True)
        told = {place: _told(cost) for place, cost in known}
        return JsonResponse(told, headers={"Cache-Control": "no-store"})


def _told(cost: CostLine | None) -> dict[str, str] | None:
    return {"cost": plain(cost.cost), "currency": cost.currency, "title": cost.title} if cost else None


def _revision(request: HttpRequest) -> int:
    text = request.POST.get("revision", "")
    return int(text) if text.isdigit() and len(text) < 10 else -1


def version_or_404(object_id: int) -> Version:
    version = (
        Version.objects.select_related(
            *("table", "published_by", "restores", "based_on"),
            *("review__decision__decided_by", "withdrawal__withdrawn_by"),
        )
        .filter(pk=object_id)
        .first()
    )
    if version is None:
        raise Http404
    return version
