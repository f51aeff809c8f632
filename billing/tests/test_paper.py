"""Paper as PDF: what is on it, page by page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from billing.rules.paper import Paper, PaperLine, party
from billing.rules.pdf import pdf_of
from billing.services.printing import SHIPPED
from billing.tests.printed import glyphs_of, pages_of

SPRING = datetime(2026, 3, 1, tzinfo=UTC)
INVOICE = Paper(
    title="Invoice",
    number="2026-0007",
    seller=party({"name": "Zażółć Sp. z o.o.", "address": "Ελλάδα 5\n\nул. Ленина"}),
    buyer=party({"name": "Kunde (Süd) & Co", "tax_id": "DE9"}),
    facts=[("Date", "1 March 2026")],
    headings=("Description", "Quantity", "Amount EUR"),
    lines=[],
    total=("Total", "1,000.00 EUR"),
)


def printed(paper: Paper) -> list[str]:
    return pages_of(pdf_of(paper, made_at=SPRING, fonts=SHIPPED))


class TestPdf:
    def test_knows_the_letters_of_europe_and_owns_to_others(self) -> None:
        (page,) = printed(replace(INVOICE, note="漢 €"))

        for words in (
            "Zażółć Sp. z o.o.",
            "Ελλάδα 5",
            "ул. Ленина",
            "Kunde (Süd) & Co",
            "Tax number DE9",
            "? €",
        ):
            assert words in page
        assert page.endswith("Invoice 2026-0007 · page 1 of  1")

    def test_joins_arabic_letters_and_sets_hebrew_from_right_to_left(self) -> None:
        paper = replace(INVOICE, buyer=["ببب"], note="שלום 12")

        file = pdf_of(paper, made_at=SPRING, fonts=SHIPPED)

        (page,) = pages_of(file)
        assert "12םולש" in page.replace(" ", "")
        assert glyphs_of(file).count("ب") == len({"at the beginning", "between others", "at the end"})

    def test_breaks_many_lines_over_pages_that_name_the_columns_again(self) -> None:
        lines = [PaperLine((f"Line {place}.", "1", f"{place}.00"), ["500 AIT"]) for place in range(60)]

        pages = printed(replace(INVOICE, lines=lines))

        assert len(pages) == 4
        assert all("Description Quantity Amount EUR" in page for page in pages)
        assert [" ".join(pages).count(f"Line {place}. 1 {place}.00") for place in range(60)] == [1] * 60
        assert "1,000.00 EUR" in pages[-1]

    def test_prints_whole_what_is_longer_than_a_page(self) -> None:
        reason = " ".join(f"word{place}" for place in range(900))

        pages = printed(replace(INVOICE, lines=[PaperLine(("X" * 300, "1", "2.00"), [reason], under="once")]))

        assert len(pages) > 1
        assert [word for word in " ".join(pages).split() if word.startswith("word")] == reason.split()
        assert sum(page.count("X") for page in pages) == 300

    def test_is_the_same_file_each_time(self) -> None:
        assert pdf_of(INVOICE, made_at=SPRING, fonts=SHIPPED) == pdf_of(
            INVOICE, made_at=SPRING, fonts=SHIPPED
        )
