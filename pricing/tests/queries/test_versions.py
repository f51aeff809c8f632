from __future__ import annotations

import pytest

from pricing.errors import UnknownTable, UnknownVersion
from pricing.queries import pricelists, versions
from pricing.rules.compiled import price_of_one
from pricing.tests.prices import AUTUMN, DAY, INSTANT, SPRING, SUMMER, a_draft, a_table, published, row

pytestmark = pytest.mark.django_db


class TestVersionNumbered:
    def test_finds_drafts_too_and_refuses_what_is_not_there(self) -> None:
        draft = a_draft(a_table(), [row("chat")])

        assert versions.version_numbered(draft.table.code, 1) == draft
        with pytest.raises(UnknownVersion):
            versions.version_numbered(draft.table.code, 2)
        with pytest.raises(UnknownTable):
            versions.version_numbered("no-such-table", 1)


class TestPreview:
    def test_compares_with_what_is_in_force_when_it_would_start(self) -> None:
        table = a_table()
        spring = published(table, row("chat", 1), moment=SPRING)
        summer = published(table, row("chat", 5), moment=SPRING + DAY, effective_from=SUMMER)
        draft = a_draft(table, [row("chat", 6)])

        early, late = (
            versions.preview(versions.takeover(draft, moment)) for moment in (SPRING + 2 * DAY, AUTUMN)
        )

        assert (early.replaces, late.replaces) == (spring, summer)
        assert [each.code for each in early.verdict.warnings] == ["jump"]
        assert late.verdict.warnings == ()
        assert late.differences[0].changes[0].old == 5


class TestVersionToExport:
    def test_is_the_one_in_force_else_the_newest(self) -> None:
        table = a_table()
        with pytest.raises(UnknownVersion):
            versions.version_to_export(table.code, SUMMER)

        spring = published(table, row("chat", 1), moment=SPRING)
        draft = a_draft(table, [row("chat", 2)])

        assert versions.version_to_export(table.code, SUMMER) == spring
        assert versions.version_to_export(table.code, SPRING - INSTANT) == draft


class TestPriceList:
    def test_shows_what_customers_pay_at_an_instant(self) -> None:
        table = a_table()
        published(
            table, row("chat", "2.5", per=1000), row("audio.*", 1, name="Audio", unit="minute"), moment=SPRING
        )
        published(table, row("chat", 9), moment=SUMMER)

        spring = pricelists.price_list(table.pk, SUMMER - INSTANT)

        assert spring is not None
        assert spring.version.number == 1
        assert [(each.feature, each.name, each.unit, each.product) for each in spring.rows] == [
            ("chat", "chat", "token", "assistant"),
            ("audio.*", "Audio", "minute", ""),
        ]
        assert price_of_one(spring.rows[0]) == "0.0025"

    def test_is_none_before_the_first_version(self) -> None:
        table = a_table()
        published(table, row("chat"), moment=SPRING)

        assert pricelists.price_list(table.pk, SPRING - INSTANT) is None
