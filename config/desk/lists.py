"""What a list shows, taken along: all rows under its filters as CSV or as a workbook, and days to filter by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from copy import copy
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters, ModelAdmin
from django.contrib.admin.views.main import ERROR_FLAG, IGNORED_PARAMS, PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.dateparse import parse_date
from unfold.contrib.filters.admin import RangeDateFilter

from config.desk.files import Sheet, csv_file, workbook
from config.desk.pages import DeskPage
from config.kernel.csv_lines import as_csv
from config.kernel.money import in_places
from config.kernel.streaming import streamed

ROWS_OF_A_WORKBOOK = 100_000
UNREAD = "The filters in the address can't be read, so this is the whole list."
FILTERS_TRIED = 20
"""So many of an address are tried one by one, to say which can't be read."""


class Sought:
    """A list that asks a question of its own for what is searched, in place of words in columns."""

    def sought(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        raise NotImplementedError

    def get_search_results(
        self, _request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        text = search_term.strip()
        return (self.sought(queryset, text) if text else queryset), False


def identity_in(text: str) -> UUID | None:
    """The identity that the text is; none where it is something else."""
    try:
        return UUID(text)
    except ValueError:
        return None


class Between(RangeDateFilter):
    """Days of UTC, both included."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = self._day("from"), self._day("to")
        if first:
            queryset = queryset.filter(**{f"{self.parameter_name}__gte": _midnight(first)})
        if last:
            queryset = queryset.filter(**{f"{self.parameter_name}__lt": _midnight(last) + timedelta(days=1)})
        return queryset

    def _day(self, end: str) -> datetime | None:
        written = self.used_parameters.get(f"{self.parameter_name}_{end}")
        if not written:
            return None
        try:
            day = datetime.combine(parse_date(str(written)), time())  # type: ignore[arg-type]
            _midnight(day) + timedelta(days=1)
        except (TypeError, ValueError, OverflowError) as fault:
            raise IncorrectLookupParameters from fault
        return day


def _midnight(day: datetime) -> datetime:
    return day.replace(tzinfo=UTC)


def with_what_is_read(desk: ModelAdmin[Any], request: HttpRequest) -> tuple[str, QueryDict]:
    """Which filters of a list's address can't be read, in a sentence; and the address's query without them."""
    asked = [name for name in request.GET if name not in (*IGNORED_PARAMS, PAGE_VAR, ERROR_FLAG)]
    unread = [name for name in asked[:FILTERS_TRIED] if not _is_read(desk, request, name)]
    query = request.GET.copy()
    for name in (*unread, PAGE_VAR, ERROR_FLAG):
        query.pop(name, None)
    if unread:
        told = ", ".join(
            f"{' '.join(re.findall('[^_]+', name))} “{request.GET[name][:40]}”" for name in unread
        )
        return f"Not read, so not filtered by: {told}.", query
    if PAGE_VAR in request.GET:
        return f"There is no page {request.GET[PAGE_VAR][:40]}. This is the first.", query
    return UNREAD, QueryDict(mutable=True)


def _is_read(desk: ModelAdmin[Any], request: HttpRequest, name: str) -> bool:
    alone = copy(request)
    alone.GET = QueryDict(mutable=True)
    alone.GET.setlist(name, request.GET.getlist(name))
    try:
        desk.get_changelist_instance(alone)
    except IncorrectLookupParameters:
        return False
    return True


def _with_money(row: list[Any], money: Iterable[int], currency: str) -> tuple[Any, ...]:
    for place in money:
        if row[place] is not None:
            row[place] = in_places(row[place], currency)
    return tuple(row)


class ListFile(DeskPage):
    """All that a list has under the filters in its address, for whoever may see the list, never all in memory."""

    def find(self, **_kwargs: Any) -> None:
        if not self.desk.has_view_permission(self.request):
            raise PermissionDenied

    def get(self, request: HttpRequest, kind: str, **_kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        """CSV row by row, or a workbook.

        A filter that can't be read, and more rows than a workbook takes, lead back to the list.
        """
        try:
            listed = self.desk.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            said, query = with_what_is_read(self.desk, request)
            return self._back(f"{said} No file was made.", query.urlencode())
        name = str(self.desk.opts.verbose_name_plural).replace(" ", "-")
        if kind == "csv":
            return csv_file(name, as_csv(self._heads, self._rows(listed)))
        if kind != "xlsx":
            raise Http404
        if listed[: ROWS_OF_A_WORKBOOK + 1].count() > ROWS_OF_A_WORKBOOK:
            most = f"{ROWS_OF_A_WORKBOOK:,}"
            said = f"A workbook takes {most} rows, and these are more: take the CSV, or narrow the list."
            return self._back(said, request.GET.urlencode())
        return workbook([Sheet(name[:31], self._heads, self._rows(listed))], name)

    @property
    def _heads(self) -> list[str]:
        return list(self.desk.file_columns)  # type: ignore[attr-defined]

    def _rows(self, listed: QuerySet[Any]) -> Iterator[tuple[Any, ...]]:
        columns = self.desk.file_columns.values()  # type: ignore[attr-defined]
        rows = streamed(listed.values_list(*columns))
        if not self.desk.file_money:  # type: ignore[attr-defined]
            return rows
        currency = self._heads.index("currency")
        money = [self._heads.index(head) for head in self.desk.file_money]  # type: ignore[attr-defined]
        return (_with_money(list(row), money, row[currency]) for row in rows)

    def _back(self, said: str, query: str) -> HttpResponseRedirect:
        messages.error(self.request, said)
        opts = self.desk.opts
        address = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
        return HttpResponseRedirect(f"{address}?{query}".rstrip("?"))
