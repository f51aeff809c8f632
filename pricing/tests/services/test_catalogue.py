from __future__ import annotations

import pytest

from config.kernel.errors import Conflict, InvalidRequest, UnknownFeature
from pricing.errors import CodeTaken
from pricing.models import Epoch, Feature, Product, RateTable
from pricing.services import catalogue
from pricing.tests.prices import a_code, a_feature, a_person, a_table

pytestmark = pytest.mark.django_db


class TestCreateProduct:
    def test_keeps_who_and_why(self) -> None:
        mina = a_person()

        product = catalogue.create_product(code=a_code("p"), name="Pilot", user=mina, reason="launch")

        written = product.history.get()
        assert (product.name, written.history_user, written.history_change_reason) == (
            "Pilot",
            mina,
            "launch",
        )

    def test_refuses_a_code_twice(self) -> None:
        code = a_code("p")
        catalogue.create_product(code=code)

        with pytest.raises(CodeTaken):
            catalogue.create_product(code=code)

        assert Product.objects.filter(code=code).count() == 1

    @pytest.mark.parametrize("code", ["", "a b", "chat.*", "ä", "-a", "x" * 129])
    def test_refuses_a_code_that_is_not_plain(self, code: str) -> None:
        with pytest.raises(InvalidRequest):
            catalogue.create_product(code=code)


class TestCreateFeature:
    def test_is_named_by_its_code_and_counted_in_units_by_default(self) -> None:
        product = catalogue.create_product(code=a_code("p"))

        feature = catalogue.create_feature(product=product, code=a_code("f"))

        assert (feature.name, feature.unit) == (feature.code, "unit")


class TestCreateTable:
    def test_counts_its_price_changes_from_zero(self) -> None:
        table = a_table()

        assert Epoch.objects.get(table=table).epoch == 0
        assert RateTable.objects.get(pk=table.pk).token == "AIT"


class TestRelabel:
    def test_changes_the_words_for_a_feature(self) -> None:
        feature = a_feature("chat")

        catalogue.relabel(feature=feature, name="Talk", unit="word")

        assert Feature.objects.filter(code="chat", name="Talk", unit="word").exists()


class TestSayCostComponents:
    def test_keeps_who_and_why(self) -> None:
        mina, chat = a_person(), a_feature("chat")

        catalogue.say_cost_components({"chat": "input:batch>200000"}, user=mina, reason="Prices from costs")

        chat.refresh_from_db()
        written = chat.history.first()
        assert chat.cost_component == "input:batch>200000"
        assert (written.history_user, written.history_change_reason) == (mina, "Prices from costs")

    def test_writes_nothing_where_it_is_said_already(self) -> None:
        chat = a_feature("chat")
        catalogue.say_cost_components({"chat": "input"})
        before = chat.history.count()

        assert catalogue.say_cost_components({"chat": "input"}) == []
        assert chat.history.count() == before

    def test_refuses_to_count_a_feature_as_something_else(self) -> None:
        a_feature("chat")
        a_feature("image")
        catalogue.say_cost_components({"chat": "input"})

        with pytest.raises(Conflict, match="One token of chat costs what input does, not output."):
            catalogue.say_cost_components({"image": "output_image", "chat": "output"})

        found = Feature.objects.coded(["chat", "image"]).values_list("code", "cost_component")
        assert dict(found) == {"chat": "input", "image": ""}

    @pytest.mark.parametrize(
        "component", ["", "Input", "input:", "input>", "input>0", "input batch", "input\n"]
    )
    def test_refuses_what_is_no_component(self, component: str) -> None:
        a_feature("chat")

        with pytest.raises(InvalidRequest, match="is written as"):
            catalogue.say_cost_components({"chat": component})

        assert Feature.objects.get(code="chat").cost_component == ""

    def test_refuses_a_feature_that_does_not_exist(self) -> None:
        with pytest.raises(UnknownFeature):
            catalogue.say_cost_components({"chat": "input"})
