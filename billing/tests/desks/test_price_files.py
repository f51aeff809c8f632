"""Price lists as files at their desk: a dry run first, and the way for lists too long for a grid."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from billing.tests.desks.versions import page_of
from pricing.models import RateTable
from pricing.queries.versions import as_file, rows_of
from pricing.rules.ratefiles import text_of
from pricing.services import drafting
from pricing.tests.workbooks import workbook
from usage.tests.made import Shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop()


class TestFiles:
    def test_show_what_they_would_change_and_change_nothing(self, packaging: Client, shop: Shop) -> None:
        text = as_file(shop.table.versions.get()).replace(",1,1,", ",3,1,")
        file = SimpleUploadedFile("prices.csv", text.encode())

        address = f"/admin/pricing/ratetable/{shop.table.pk}/import/"
        response = packaging.post(address, {"table": shop.table.code, "file": file})

        assert [each.kind for each in response.context["planned"].differences] == ["changed", "changed"]
        assert not shop.table.versions.drafts().exists()

    def test_become_the_draft_when_carried_out(self, packaging: Client, shop: Shop) -> None:
        text = as_file(shop.table.versions.get()).replace(",1,1,", ",3,1,")

        address = f"/admin/pricing/ratetable/{shop.table.pk}/import/"
        packaging.post(
            address, {"table": shop.table.code, "text": text, "carry_out": "1", "reason": "From the file"}
        )

        draft = shop.table.versions.drafts().get()
        assert [rate.tokens for rate in draft.rates.all()] == [3, 3]

    def test_with_errors_are_refused_line_by_line(self, packaging: Client, shop: Shop) -> None:
        file = SimpleUploadedFile("prices.csv", b"feature,tokens\nchat,x\nimage,-1\n")

        response = packaging.post("/admin/pricing/ratetable/import/", {"table": "new", "file": file})

        assert [fault.detail.split(":")[0] for fault in response.context["faults"]] == [
            "line 2, tokens",
            "line 3, tokens",
        ]
        assert not RateTable.objects.filter(code="new").exists()

    def test_may_be_workbooks(self, packaging: Client, shop: Shop) -> None:
        live = shop.table.versions.get()
        rows = [["feature", "tokens"], *([row.feature, 3] for row in rows_of(live))]
        file = SimpleUploadedFile("prices.xlsx", workbook(*rows))
        address = f"/admin/pricing/ratetable/{shop.table.pk}/import/"

        response = packaging.post(address, {"table": shop.table.code, "file": file})
        asked = response.context["asked"]
        packaging.post(address, {"table": asked["table"], "text": asked["text"], "carry_out": "1"})

        assert [each.kind for each in response.context["planned"].differences] == ["changed", "changed"]
        assert [rate.tokens for rate in shop.table.versions.drafts().get().rates.all()] == [3, 3]

    def test_that_are_workbooks_are_refused_cell_by_cell(self, packaging: Client) -> None:
        file = SimpleUploadedFile("prices.xlsx", workbook(["feature", "tokens"], ["chat.*", True]))

        response = packaging.post("/admin/pricing/ratetable/import/", {"table": "new", "file": file})

        assert [fault.detail for fault in response.context["faults"]] == [
            "B2, tokens: This is a truth value."
        ]
        assert not RateTable.objects.filter(code="new").exists()

    def test_that_are_neither_are_refused(self, packaging: Client) -> None:
        file = SimpleUploadedFile("prices.xls", b"\xd0\xcf\x11\xe0")

        response = packaging.post("/admin/pricing/ratetable/import/", {"table": "new", "file": file})

        assert response.context["form"].non_field_errors() == [
            "This is an old workbook or one with a password; save it as .xlsx without one."
        ]

    def test_that_are_long_come_back_from_their_dry_run(self, packaging: Client, shop: Shop) -> None:
        lines = "".join(f"assistant,list.{number},{number + 1},{'x' * 200}\n" for number in range(16_000))
        text = f"product,feature,tokens,dimension.model\n{lines}"
        address = f"/admin/pricing/ratetable/{shop.table.pk}/import/"

        packaging.post(address, {"table": shop.table.code, "text": text, "carry_out": "1"})

        assert shop.table.versions.drafts().get().rates.count() == 16_000

    def test_export_what_a_version_says(self, packaging: Client, shop: Shop) -> None:
        live = shop.table.versions.get()

        response = packaging.get(f"{page_of(live)}export/")

        assert response.content.decode() == as_file(live)
        assert response.headers["Content-Disposition"] == f'attachment; filename="{shop.table.code}-v1.csv"'

    def test_export_a_workbook_that_is_read_back(self, packaging: Client, shop: Shop) -> None:
        live = shop.table.versions.get()

        response = packaging.get(f"{page_of(live)}export/?as=xlsx")

        assert text_of(response.content) == as_file(live)
        assert response.headers["Content-Disposition"] == f'attachment; filename="{shop.table.code}-v1.xlsx"'


class TestLongDraft:
    def test_is_read_by_the_page_and_changed_by_a_file(self, packaging: Client, shop: Shop) -> None:
        draft = drafting.draft_from(version=shop.table.versions.get())
        rows = [replace(rows_of(draft)[0], dimensions={"model": f"m{n}"}) for n in range(550)]
        drafting.replace_rates(draft=draft, rows=rows, revision=0)

        first = packaging.get(f"{page_of(draft)}change/")
        second = packaging.get(f"{page_of(draft)}change/?p=6")

        assert b"more than a grid can carry" in first.content
        assert [len(response.context["rows"]) for response in (first, second)] == [100, 50]

    def test_is_searched_by_feature_and_dimensions(self, packaging: Client, shop: Shop) -> None:
        draft = drafting.draft_from(version=shop.table.versions.get())
        rows = [replace(rows_of(draft)[0], dimensions={"model": f"m{n}"}) for n in range(550)]
        drafting.replace_rates(draft=draft, rows=rows, revision=0)

        page = packaging.get(f"{page_of(draft)}change/?q=m54")
        nothing = packaging.get(f"{page_of(draft)}change/?q=100%25")

        assert [row.dimensions["model"] for row, _, _ in page.context["rows"]] == [
            *("m54", *(f"m54{n}" for n in range(10))),
        ]
        assert nothing.context["rows"] == []
        assert b"0 of 550 rates" in nothing.content
