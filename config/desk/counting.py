"""Counts that cost the same however long a table is."""

from __future__ import annotations

from copy import copy

from django.contrib.auth import get_permission_codename
from django.core.paginator import Paginator
from django.db import connections
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.views import ChangeList

from config.desk.whom import groups_that_may

COUNTED_AT_MOST = 10_000
_PLANNED = "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass"


class UncountedChangeList(ChangeList):
    """A list that says nothing of "results" where nothing was asked for, and counts in the desk's own words.

    others_add: where it is empty and the reader may not add to it, the groups that may.
    """

    others_add = ""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if self.full_result_count is None and not self.query and not self.has_active_filters:
            self.full_result_count = self.result_count
        adding = f"{self.opts.app_label}.{get_permission_codename('add', self.opts)}"
        if not self.result_count and not request.user.has_perm(adding):
            self.others_add = groups_that_may(adding)
        if self.model_admin.counted_as:
            self.opts = copy(self.opts)
            self.opts.verbose_name, self.opts.verbose_name_plural = self.model_admin.counted_as


class EstimatedPaginator(Paginator):
    """Pages of a table that grows for ever: exact to ten thousand rows, an estimate of the planner beyond."""

    @cached_property
    def count(self) -> int:
        queryset = self.object_list
        counted = queryset.order_by()[: COUNTED_AT_MOST + 1].count()
        if counted <= COUNTED_AT_MOST or queryset.query.has_filters():
            return min(counted, COUNTED_AT_MOST)
        with connections[queryset.db].cursor() as cursor:
            cursor.execute(_PLANNED, [queryset.model._meta.db_table])
            return max(counted, cursor.fetchone()[0])
