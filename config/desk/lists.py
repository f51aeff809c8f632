"""What a list shows, taken along: all rows under its filters as CSV or as a workbook, and days to filter by."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.dateparse import parse_date
from unfold.contrib.filters.admin import RangeDateFilter

from config.desk.files import Sheet, csv_file, workbook
from config.desk.pages import DeskPage
from config.kernel.csv_lines import as_csv
from config.kernel.streaming import streamed

ROWS_OF_A_WORKBOOK = 100_000


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
            return datetime.combine(parse_date(str(written)), time())  # type: ignore[arg-type]
        except (TypeError, ValueError) as fault:
            raise IncorrectLookupParameters from fault


def _midnight(day: datetime) -> datetime:
    return day.replace(tzinfo=UTC)


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
            return self._back("A filter could not be read, so no file was made.", "")
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
        return streamed(listed.values_list(*columns))

    def _back(self, said: str, query: str) -> HttpResponseRedirect:
        messages.error(self.request, said)
        opts = self.desk.opts
        address = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
        return HttpResponseRedirect(f"{address}?{query}".rstrip("?"))
