from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from pricing.rules.differences import Change, Difference, differences, price_alike
from pricing.rules.tiers import Tier
from pricing.tests.prices import row


def told(difference: Difference) -> list[str]:
    return [change.field for change in difference.told]


class TestDifferences:
    def test_names_new_changed_and_removed_rows_with_old_and_new_values(self) -> None:
        old = [row("chat", "0.5"), row("search", 2), row("chat", 1, model="small")]
        new = [row("chat", "0.5"), row("chat", 3, model="small", minimum="1"), row("image", 9)]

        changed, added, removed = differences(old, new)

        assert (changed.kind, changed.title) == ("changed", "chat (model=small)")
        assert changed.changes == (
            Change("tokens", Decimal(1), Decimal(3)),
            Change("minimum", Decimal(0), Decimal(1)),
        )
        assert (added.kind, added.feature) == ("new", "image")
        assert Change("tokens", None, Decimal(9)) in added.changes
        assert (removed.kind, removed.feature) == ("removed", "search")
        assert Change("tokens", Decimal(2), None) in removed.changes

    def test_sees_none_in_another_order_or_spelling_of_the_same_amounts(self) -> None:
        old = [row("chat", "1.50"), row("search", 2)]
        new = [row("search", "2.000"), row("chat", "1.5")]

        assert differences(old, new) == []
        assert price_alike(old, new)

    def test_leaves_the_labels_of_features_to_the_catalogue_but_not_those_of_patterns(self) -> None:
        assert differences([row("chat", name="Chat")], [row("chat", name="Talk")]) == []
        assert len(differences([row("chat.*", name="Chat")], [row("chat.*", name="Talk")])) == 1
        assert not price_alike([row("chat.*", name="Chat")], [row("chat.*", name="Talk")])

    def test_sees_another_cost_and_rounding(self) -> None:
        assert not price_alike([row("chat", cost="1")], [row("chat", cost="2")])
        assert not price_alike([row("chat")], [row("chat", rounding="down")])


class TestTold:
    def test_of_a_new_row_is_its_price_and_what_is_not_as_usual(self) -> None:
        (plain,) = differences([], [row("chat", 2)])
        (rich,) = differences([], [row("chat", 2, minimum="1", cost="3", cost_currency="EUR", rounding="up")])

        assert told(plain) == ["tokens"]
        assert told(rich) == ["tokens", "minimum", "rounding", "cost", "cost_currency"]

    def test_of_a_new_or_removed_row_includes_a_price_and_a_cost_of_nothing(self) -> None:
        gift = row("chat", 0, cost="0")
        (added,), (removed,) = differences([], [gift]), differences([gift], [])

        assert told(added) == told(removed) == ["tokens", "cost"]

    def test_of_a_new_row_with_tiers_names_them_and_of_a_formula_no_price(self) -> None:
        tiers = (Tier(Decimal(100), Decimal(2)), Tier(Decimal(1000), Decimal(15), Decimal(10)))
        (tiered,) = differences([], [replace(row("chat", 3), tier_mode="volume", tiers=tiers)])
        (computed,) = differences([], [replace(row("chat", 0), formula="ceil(quantity / 10) * 2")])

        assert told(tiered) == ["tokens", "tier_mode", "tiers"]
        assert {each.field: each.new for each in tiered.told}[
            "tiers"
        ] == "beyond 100: 2; beyond 1000: 15 per 10"
        assert told(computed) == ["formula"]

    def test_of_a_changed_row_is_every_change(self) -> None:
        (changed,) = differences([row("chat", minimum="1", cost="1")], [row("chat", rounding="up")])

        assert told(changed) == ["minimum", "rounding", "cost"]
