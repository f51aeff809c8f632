"""Statements: the months, and one of them as a page and as PDF."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from billing.portal.overview import UnitPage
from billing.queries.statement_paper import paper_of
from billing.queries.statements import months_of, statement
from billing.services.printing import printed


class Statements(UnitPage):
    name, title, template_name = "statements", "Statements", "my/statements.html"

    def context(self) -> dict[str, Any]:
        wallet = self.summary.wallet
        return {**super().context(), "months": months_of(wallet, self.now) if wallet else []}


class OneStatement(UnitPage):
    name, title, template_name = "statements", "Statement", "my/statement.html"

    def find(self, year: int = 0, month: int = 0, **kwargs: Any) -> None:
        super().find(**kwargs)
        wallet = self.summary.wallet
        if wallet is None or not 1 <= month <= 12 or not 1 <= year <= 9000:
            raise Http404
        self.month = date(year, month, 1)
        if self.month not in {each.month for each in months_of(wallet, self.now)}:
            raise Http404
        self.told = statement(wallet, self.summary.unit.code, self.month, self.now)

    def context(self) -> dict[str, Any]:
        return {**super().context(), "month": self.month, "told": self.told}


class StatementFile(OneStatement):
    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        if self.told is None:
            raise Http404
        paper = paper_of(self.account, self.told)
        made_at = self.now if self.told.is_so_far else self.told.until
        response = HttpResponse(printed(paper, made_at), content_type="application/pdf")
        response["Content-Disposition"] = f'attachment; filename="{paper.name}.pdf"'
        return response
