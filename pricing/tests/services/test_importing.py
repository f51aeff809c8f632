from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.kernel.errors import InvalidRequest
from pricing.errors import ImportRefused, InstantInThePast, PublishRefused, ReviewNeeded
from pricing.models import Feature, Product, Rate, RateTable, Refusal, Review, Version
from pricing.queries.reviews import ReviewState, standing_of
from pricing.queries.versions import as_file, draft_of, moment_of_the_database, rows_of
from pricing.services import importing, reviewing
from pricing.services.importing import Imported, Order
from pricing.tests.prices import a_code, a_feature, a_person, a_rule, a_table, published, row

pytestmark = pytest.mark.django_db

HEADER = "product,feature,name,unit,tokens,per,dimension.model\n"
LIST = (
    HEADER
    + "assistant,chat.input,Chat input,token,2.5,1000,\nassistant,chat.input,,,5,1000,large\n,audio.*,,,1,,\n"
)


def load(table: str, text: str, *, publish: bool = False) -> Imported:
    return importing.import_rates(Order(table, text, "AIT", publish))


class TestImportRates:
    def test_makes_the_table_the_product_the_features_and_a_draft(self) -> None:
        code = a_code("table")

        imported = load(code, LIST)

        assert imported.outcome == "draft"
        assert imported.is_new_table
        assert (imported.table.code, imported.table.token) == (code, "AIT")
        feature = Feature.objects.select_related("product").get(code="chat.input")
        assert (feature.product.code, feature.name, feature.unit) == ("assistant", "Chat input", "token")
        assert rows_of(imported.version) == [
            row("chat.input", "2.5", per=1000),
            row("chat.input", 5, per=1000, model="large"),
            row("audio.*"),
        ]
        assert feature.history.count() == 1

    def test_replaces_the_draft_that_is_there(self) -> None:
        code = a_code("table")
        first = load(code, LIST)

        second = load(code, HEADER + "assistant,chat.input,,,7,,\n")

        assert second.version == first.version
        assert not second.is_new_table
        assert rows_of(second.version) == [row("chat.input", 7)]

    def test_publishes_where_that_is_asked(self) -> None:
        code = a_code("table")

        imported = load(code, LIST, publish=True)

        assert imported.outcome == "published"
        assert imported.version is not None
        assert imported.version.published_at is not None
        assert draft_of(imported.table.pk) is None

    def test_publishes_from_a_later_instant(self) -> None:
        later = moment_of_the_database() + timedelta(days=3)

        imported = importing.import_rates(Order(a_code("t"), LIST, "AIT", publish=True, effective_from=later))

        assert imported.version is not None
        assert imported.version.effective_from == later

    def test_does_not_publish_again_what_is_in_force(self) -> None:
        code = a_code("table")
        load(code, LIST, publish=True)

        again = load(code, LIST.replace("2.5,1000", "2.50,1000.0"), publish=True)

        assert again.outcome == "in_force"
        assert again.version is None
        assert again.table.versions.count() == 1

    def test_makes_no_draft_of_what_is_in_force(self) -> None:
        code = a_code("table")
        load(code, LIST, publish=True)

        assert load(code, LIST).outcome == "in_force"
        assert RateTable.objects.get(code=code).versions.count() == 1

    def test_does_not_publish_again_what_is_scheduled_from_that_instant(self) -> None:
        order = Order(a_code("t"), LIST, "AIT", True, moment_of_the_database() + timedelta(days=3))
        importing.import_rates(order)

        assert importing.import_rates(order).outcome == "in_force"

    def test_refuses_an_instant_in_the_past_and_writes_nothing(self) -> None:
        code = a_code("table")
        order = Order(code, LIST, "AIT", True, moment_of_the_database() - timedelta(seconds=1))

        with pytest.raises(InstantInThePast):
            importing.import_rates(order)

        assert not RateTable.objects.filter(code=code).exists()

    def test_refuses_ties_by_line_where_it_is_to_publish_and_takes_them_for_a_draft(self) -> None:
        code = a_code("table")
        text = "feature,tokens,dimension.model,dimension.region\naudio.*,1,small,\naudio.*,1,,eu\n"

        with pytest.raises(PublishRefused) as refusal:
            load(code, text, publish=True)

        (tie,) = [each.detail for each in refusal.value.errors]
        assert tie.startswith("line 3: Two rows match audio.* (model=small, region=eu)")
        assert not RateTable.objects.filter(code=code).exists()
        assert load(code, text).outcome == "draft"

    def test_keeps_on_record_what_could_not_be_published_and_no_file_that_could_not_be_read(self) -> None:
        table, mina = a_table(), a_person()
        text = "feature,tokens,dimension.model,dimension.region\naudio.*,1,small,\naudio.*,1,,eu\n"

        with pytest.raises(PublishRefused) as refusal:
            importing.import_rates(Order(table.code, text, "AIT", publish=True), user=mina)
        with pytest.raises(ImportRefused):
            importing.import_rates(Order(table.code, text + "audio.*,x,,\n", "AIT", publish=True), user=mina)

        kept = Refusal.objects.get()
        assert (kept.verb, kept.user, kept.table, kept.code) == ("import", mina, table, "publish_refused")
        assert kept.sentence == refusal.value.detail
        assert kept.sentence.startswith(
            "These rates can't be published, and nothing was imported: line 3: Two rows match audio.*"
        )

    def test_refuses_errors_by_line_and_writes_nothing(self) -> None:
        code = a_code("table")

        with pytest.raises(ImportRefused) as refusal:
            load(code, HEADER + "new-product,new-feature,,,1,,\nnew-product,other,,,x,,\n")

        assert [error.detail for error in refusal.value.errors] == [
            "line 3, tokens: This is not a decimal number."
        ]
        assert refusal.value.errors[0].pointer == "/lines/3/tokens"
        assert not Product.objects.filter(code="new-product").exists()
        assert not RateTable.objects.filter(code=code).exists()

    def test_refuses_a_new_feature_without_a_product(self) -> None:
        with pytest.raises(ImportRefused) as refusal:
            load(a_code("table"), "feature,tokens\nnever-heard-of,1\n")

        assert refusal.value.errors[0].detail == "line 2, product: never-heard-of is new and needs a product."

    def test_refuses_a_feature_of_another_product(self) -> None:
        a_feature("chat.input")

        with pytest.raises(ImportRefused) as refusal:
            load(a_code("table"), HEADER + "other,chat.input,,,1,,\n")

        assert refusal.value.errors[0].detail == "line 2, product: chat.input is a feature of assistant."

    def test_takes_the_product_of_a_known_feature(self) -> None:
        a_feature("chat.input")

        assert load(a_code("table"), "feature,tokens\nchat.input,1\n").outcome == "draft"

    def test_gives_a_feature_the_name_and_unit_of_the_file(self) -> None:
        a_feature("chat.input", unit="token")

        imported = load(a_code("table"), HEADER + ",chat.input,Talk,word,1,,\n")

        feature = Feature.objects.get(code="chat.input")
        assert (feature.name, feature.unit) == ("Talk", "word")
        assert [(each.former_unit, each.unit) for each in imported.plan.relabelled] == [("token", "word")]

    def test_refuses_a_code_that_is_not_plain(self) -> None:
        with pytest.raises(InvalidRequest):
            load("no such code", LIST)

    def test_round_trip_is_identical(self) -> None:
        first = load(a_code("table"), LIST, publish=True)
        assert first.version is not None
        text = as_file(first.version)

        second = load(a_code("table"), text)

        assert second.version is not None
        assert as_file(second.version) == text
        assert load(first.table.code, text).outcome == "in_force"

    def test_takes_a_few_statements_for_sixteen_thousand_rows(self) -> None:
        a_feature("chat.input")
        lines = "".join(
            f"assistant,chat.input,,,0.{number:06},1,m{number}\n" for number in range(8_000)
        ) + "".join(f"assistant,f{number},F {number},call,1,,\n" for number in range(8_000))
        code = a_code("table")

        with CaptureQueriesContext(connection) as statements:
            imported = load(code, HEADER + lines, publish=True)

        assert Rate.objects.filter(version=imported.version).count() == 16_000
        assert len(statements) < 80


class TestImportForReview:
    """Where a rule asks for a second person, a file to be published goes before one."""

    @pytest.fixture
    def code(self) -> str:
        table = a_table()
        a_rule("sensitive", table=table)
        return table.code

    def test_puts_the_draft_before_one_and_says_why(self, code: str) -> None:
        imported = load(code, LIST, publish=True)

        assert imported.outcome == "in_review"
        assert imported.needed is not None
        assert imported.needed.detail == "v1 needs a second person. Ask for approval first."
        assert imported.version is not None
        assert standing_of(imported.version).state == ReviewState.IN_REVIEW
        assert Review.objects.get().asked_by is None

    def test_asks_once_however_often_the_file_comes(self, code: str) -> None:
        first, again = load(code, LIST, publish=True), load(code, LIST, publish=True)

        assert (first.outcome, again.outcome, first.version) == ("in_review", "in_review", again.version)
        assert Review.objects.count() == 1

    def test_publishes_it_when_it_comes_again_approved(self, code: str) -> None:
        load(code, LIST, publish=True)
        reviewing.approve(review=Review.objects.get(), user=a_person())

        assert load(code, LIST, publish=True).outcome == "published"
        assert load(code, LIST, publish=True).outcome == "in_force"

    def test_asks_anew_for_another_file(self, code: str) -> None:
        load(code, LIST, publish=True)
        reviewing.approve(review=Review.objects.get(), user=a_person())

        assert load(code, LIST.replace("2.5", "3"), publish=True).outcome == "in_review"
        assert Review.objects.count() == 2

    def test_refuses_what_was_sent_back_and_imports_nothing(self, code: str) -> None:
        sent = load(code, LIST, publish=True).version
        assert sent is not None
        reviewing.send_back(review=Review.objects.get(), user=a_person("tom"), reason="Too cheap")
        revision = Version.objects.get(pk=sent.pk).revision

        with pytest.raises(ReviewNeeded, match="sent it back: Too cheap"):
            load(code, LIST, publish=True)

        assert Version.objects.get(pk=sent.pk).revision == revision
        assert (Refusal.objects.get().verb, Refusal.objects.get().code) == ("import", "review_needed")

    def test_never_changes_what_is_published(self) -> None:
        table = a_table()
        live = published(table, row("chat.input", 1))
        before = list(Rate.objects.filter(version=live).values())

        imported = load(table.code, LIST)

        assert imported.version != live
        assert list(Rate.objects.filter(version=live).values()) == before


class TestPlan:
    def test_shows_what_would_change_and_writes_nothing(self) -> None:
        table = a_table()
        published(table, row("chat.input", 1), row("search", 1))
        text = HEADER + "assistant,chat.input,,,9,,\nbrand-new,video,Video,minute,3,,\n"
        before = [model.objects.count() for model in (Product, Feature, Version, Rate)]

        planned = importing.plan(Order(table.code, text, "AIT"))

        assert [(each.kind, each.feature) for each in planned.differences] == [
            ("changed", "chat.input"),
            ("new", "video"),
            ("removed", "search"),
        ]
        assert (planned.products, planned.features) == (["brand-new"], ["video"])
        assert [each.code for each in planned.verdict.warnings] == ["left_without_rate", "jump"]
        assert not planned.is_in_force
        assert [model.objects.count() for model in (Product, Feature, Version, Rate)] == before
