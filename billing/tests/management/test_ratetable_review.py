"""Where a rule asks for a second person, the command puts the draft before one."""

from __future__ import annotations

from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from billing.tests.management.ratetables import PRICES, ratetable
from pricing.errors import OwnWork
from pricing.models import Refusal, Review, ReviewRule, Version
from pricing.services import catalogue, reviewing
from pricing.tests.costs import a_list, imported
from usage.tests.made import Shop, a_grant, named
from wallets.models import TokenUnit

pytestmark = pytest.mark.django_db


class TestImportForReview:
    """Where a rule asks for a second person, `--publish` stops at "in review"."""

    @pytest.fixture(autouse=True)
    def _rule(self) -> None:
        ReviewRule.objects.create(kind="jump", share=20)

    @pytest.fixture
    def dearer(self, prices: Path) -> Path:
        ratetable("import", "standard", prices, "--publish")
        prices.write_text(PRICES.replace(",9,1,", ",12,1,"))
        return prices

    def in_review(self, *words: object) -> str:
        out = StringIO()
        with pytest.raises(SystemExit) as end:
            call_command("ratetable", "import", "standard", *map(str, words), stdout=out, no_color=True)
        assert end.value.code == 3
        return out.getvalue().splitlines()[-1]

    def test_asks_for_approval_and_exits_with_three(self, dearer: Path) -> None:
        told = self.in_review(dearer, "--publish")

        assert told == (
            "standard: v2 is in review; nothing was published. Run this again once it is approved."
        )
        assert Review.objects.get().asked_by is None
        assert Version.objects.get(number=2).is_draft

    def test_publishes_when_it_runs_again_approved(self, dearer: Path) -> None:
        self.in_review(dearer, "--publish")
        self.in_review(dearer, "--publish")
        reviewing.approve(review=Review.objects.get(), user=User.objects.create(username="tom"))

        out, _ = ratetable("import", "standard", dearer, "--publish")

        assert "v2 is published" in out

    def test_fails_where_it_was_sent_back(self, dearer: Path) -> None:
        self.in_review(dearer, "--publish")
        tom = User.objects.create(username="tom")
        reviewing.send_back(review=Review.objects.get(), user=tom, reason="Too dear")

        with pytest.raises(CommandError, match="tom sent it back: Too dear"):
            ratetable("import", "standard", dearer, "--publish")

        assert Refusal.objects.get().verb == "import"

    def test_signs_for_whom_it_is_done(self, dearer: Path) -> None:
        mina = User.objects.create(username="mina")

        self.in_review(dearer, "--publish", "--by", "mina")

        assert Review.objects.get().asked_by == mina
        with pytest.raises(OwnWork):
            reviewing.approve(review=Review.objects.get(), user=mina)
        with pytest.raises(CommandError, match="Nobody is called nina"):
            ratetable("import", "standard", dearer, "--by", "nina")

    def test_says_in_the_history_that_nobody_was_named(self, dearer: Path) -> None:
        self.in_review(dearer, "--publish", "--reason", "Winter prices")

        told = "Winter prices (command line, nobody named)"
        changes = Version.history.filter(number=2).values_list("history_user", "history_change_reason")
        assert set(changes) == {(None, told)}
        assert Review.objects.get().note == told

    def test_says_nothing_of_it_where_somebody_was(self, dearer: Path) -> None:
        mina = User.objects.create(username="mina")

        self.in_review(dearer, "--publish", "--by", "mina")

        changes = Version.history.filter(number=2).values_list("history_user", "history_change_reason")
        assert set(changes) == {(mina.pk, "Imported prices.csv")}

    def test_keeps_an_author_who_was_named_once(self, dearer: Path) -> None:
        mina = User.objects.create(username="mina")
        self.in_review(dearer, "--publish", "--by", "mina")
        dearer.write_text(PRICES.replace(",9,1,", ",13,1,"))
        self.in_review(dearer, "--publish")

        with pytest.raises(OwnWork):
            reviewing.approve(review=Review.objects.first(), user=mina)

    def test_warns_of_it_beforehand(self, dearer: Path) -> None:
        _, warnings = ratetable("import", "standard", dearer, "--dry-run")

        assert warnings == (
            "Warning: a second person is needed: chat.* goes from 9 to 12 tokens a unit, more than 20 %.\n"
        )
        assert not Review.objects.exists()

    def test_reckons_margins_at_what_tokens_of_the_tables_unit_were_sold_for(self, prices: Path) -> None:
        ReviewRule.objects.create(kind="margin", share=30)
        unit = TokenUnit.objects.create(code=named("T")[:16], name="Sold once")
        shop = Shop(token=unit.code)
        bought = {"token": unit.code, "unit_cost": Decimal(1), "currency": "USD"}
        a_grant(shop.an_account(), "100", kind="purchase", **bought)
        catalogue.create_table(code="standard", token=unit.code)

        out, _ = ratetable("import", "standard", prices, "--publish")
        prices.write_text(PRICES.replace("0.0000015,USD", "0.000002,USD"))
        self.in_review(prices, "--publish")

        assert "v1 is published" in out
        assert Version.objects.get(table__code="standard", number=2).is_draft

    def test_reckons_margins_at_what_models_cost_where_a_line_says_no_cost(self, dearer: Path) -> None:
        ReviewRule.objects.create(kind="margin", share=30)
        a_grant(Shop().an_account(), "100", kind="purchase", unit_cost=Decimal(1), currency="USD")
        catalogue.say_cost_components({"chat.input": "input"})
        imported(a_list(large={"input_cost_per_token": "4e-06"}))

        _, warnings = ratetable("import", "standard", dearer, "--dry-run")

        assert warnings.splitlines()[-1] == (
            "Warning: a second person is needed: chat.input (model=large) leaves 20 %, under 30 %. "
            "A unit brings 0.000005 and costs 0.000004 USD, the cost of large input at openai."
        )
