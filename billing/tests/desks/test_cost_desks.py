"""Costs at their desks: a list with its dry run, and costs by hand."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from billing.admin.cost_files import packed, unpacked
from billing.tests.desks.people import as_shown, at_the_desk_of, fields_of, said
from pricing.models import CostImport, CostRate, Feature
from pricing.rules.costs import CostKey
from pricing.services import costing
from pricing.tests.costs import a_cost, a_list, imported
from usage.tests.made import Shop, clock, named

pytestmark = pytest.mark.django_db

COSTS = "/admin/pricing/costrate/"


@pytest.fixture
def model() -> str:
    return named("gpt")


def listed(model: str, cost: str = "1.5e-07") -> str:
    return a_list(**{model: {"input_cost_per_token": cost}})


def uploaded(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("prices.json", text.encode())


def models_in(response: Any) -> list[str]:
    return [cost.key.title for cost in response.context["cl"].result_list]


class TestList:
    def test_shows_what_is_in_force_unless_all_is_asked_for(self, packaging: Client, model: str) -> None:
        imported(listed(model))
        imported(listed(model, "2e-07"), is_partial=True)

        now = packaging.get(f"{COSTS}?q={model}")
        every = packaging.get(f"{COSTS}?q={model}&force=all")

        assert models_in(now) == [f"{model} input"]
        assert "0.0000002 USD" in now.content.decode()
        assert models_in(every) == [f"{model} input", f"{model} input"]

    def test_finds_by_provider_model_and_component(self, packaging: Client, model: str) -> None:
        provider = named("vendor")
        costing.override(a_cost(model, provider=provider), reason="Reckoned")
        costing.override(a_cost(model, provider=provider, component="output"), reason="Reckoned")

        assert len(models_in(packaging.get(f"{COSTS}?q={provider}"))) == 2
        assert models_in(packaging.get(f"{COSTS}?q={provider}+output")) == [f"{model} output"]

    def test_filters_what_providers_withdraw(self, packaging: Client, model: str) -> None:
        today = clock().date()
        ends = {f"{model}-{days}": today + timedelta(days=days) for days in (-5, 30, 200)}
        text = {
            each: {"input_cost_per_token": "1e-07", "deprecation_date": str(day)}
            for each, day in ends.items()
        }
        imported(a_list(**text), is_partial=True)

        soon = packaging.get(f"{COSTS}?q={model}&withdrawn=soon")
        past = packaging.get(f"{COSTS}?q={model}&withdrawn=past")

        assert models_in(soon) == [f"{model}-30 input"]
        assert models_in(past) == [f"{model}--5 input"]


class TestFiles:
    def test_show_what_they_would_change_and_change_nothing(self, packaging: Client, model: str) -> None:
        imported(listed(model))

        response = packaging.post(f"{COSTS}import/", {"file": uploaded(listed(model, "3e-07"))})

        (change,) = response.context["planned"].changes.changed
        assert (change.key.model, change.share) == (model, 1)
        assert "+100 %" in response.content.decode()
        assert CostRate.objects.filter(model=model).count() == 1

    def test_hold_when_carried_out_as_they_were_shown(self, packaging: Client, model: str) -> None:
        sent = {"file": uploaded(listed(model)), "reason": "December", "is_partial": "on"}
        shown = packaging.post(f"{COSTS}import/", sent)

        response = packaging.post(f"{COSTS}import/", {**fields_of(shown), "carry_out": "1"})

        row = CostRate.objects.get(model=model)
        assert row.cost == Decimal("0.00000015")
        assert row.imported_by is not None
        assert (row.imported_by.file, row.imported_by.set_by, row.imported_by.reason) == (
            "prices.json",
            "packaging",
            "December",
        )
        assert row.imported_by.is_partial
        assert "1 new, 0 changed, 0 ended" in said(response)

    def test_hold_from_the_moment_that_was_shown(self, packaging: Client, model: str) -> None:
        sent = {"file": uploaded(listed(model)), "effective_from": "2035-12-01T00:00"}
        shown = packaging.post(f"{COSTS}import/", sent)

        packaging.post(f"{COSTS}import/", {**fields_of(shown), "carry_out": "1"})

        assert (
            f"{CostRate.objects.get(model=model).effective_from:%Y-%m-%d %H:%M %Z}" == "2035-12-01 00:00 UTC"
        )

    def test_with_errors_are_refused_model_by_model(self, packaging: Client, model: str) -> None:
        response = packaging.post(f"{COSTS}import/", {"file": uploaded(listed(model, "1e-40"))})

        assert [fault.detail for fault in response.context["faults"]] == [
            f"{model}, input_cost_per_token: needs more than 20 decimals."
        ]
        assert not CostImport.objects.exists()

    @pytest.mark.parametrize("sent", [{}, {"packed": "x"}, {"packed": b64encode(b"not zlib").decode()}])
    def test_that_cannot_be_read_are_asked_for_again(self, packaging: Client, sent: dict[str, str]) -> None:
        response = packaging.post(f"{COSTS}import/", {**sent, "carry_out": "1"})

        assert response.context["form"].errors
        assert not CostImport.objects.exists()

    def test_go_through_the_page_and_back_small(self) -> None:
        text = listed("gpt") * 10_000

        assert len(packed(text)) < len(text) / 10
        assert unpacked(packed(text)) == text


class TestByHand:
    def test_is_written_with_user_and_reason(self, packaging: Client, model: str) -> None:
        sent = {
            **as_shown(packaging, f"{COSTS}add/"),
            "model": model,
            "provider": "us",
            "cost": "0.00000012",
            "currency": "eur",
            "reason": "Contract",
        }
        response = packaging.post(f"{COSTS}add/", sent)

        row = CostRate.objects.get(model=model)
        assert response.status_code == 302
        assert (row.cost, row.currency, row.component, row.source) == (
            Decimal("0.00000012"),
            "EUR",
            "input",
            "manual",
        )
        assert (row.set_by, row.reason) == ("packaging", "Contract")

    def test_begins_with_the_cost_it_is_to_replace(self, packaging: Client, model: str) -> None:
        row = costing.override(a_cost(model, "0.000002", tier="batch", above=200_000), reason="Contract")

        shown = as_shown(packaging, f"{COSTS}add/?like={row.pk}")

        assert {name: shown[name] for name in ("model", "component", "tier", "above", "cost")} == {
            "model": model,
            "component": "input",
            "tier": "batch",
            "above": "200000",
            "cost": "0.000002",
        }

    def test_is_refused_beside_the_form(self, packaging: Client, model: str) -> None:
        sent = {
            "model": model,
            "provider": "us",
            "component": "In put",
            "cost": "1",
            "currency": "USD",
            "reason": "x",
        }
        response = packaging.post(f"{COSTS}add/", sent)

        assert "A component is a word such as input" in response.context["form"].non_field_errors()[0]
        assert not CostRate.objects.filter(model=model).exists()

    def test_shows_its_whole_past(self, packaging: Client, model: str) -> None:
        imported(listed(model))
        row = costing.override(a_cost(model, "0.0000001"), reason="Our contract")

        page = packaging.get(f"{COSTS}{row.pk}/change/")

        assert [each.source for each in page.context["past"]] == ["manual", "import"]
        assert page.context["present"] == row
        assert "Our contract" in page.content.decode()
        assert page.context["may_withdraw"]

    def test_is_withdrawn_with_a_reason(self, packaging: Client, model: str) -> None:
        imported(listed(model))
        row = costing.override(a_cost(model, "0.0000001"), reason="Our contract")

        packaging.post(f"{COSTS}{row.pk}/withdraw/", {"reason": "It ended"})

        present = CostRate.objects.of(CostKey(model, "input")).in_force(clock()).get()
        last = CostRate.objects.filter(model=model).latest("pk")
        assert present.cost == Decimal("0.00000015")
        assert (last.cost, last.set_by, last.reason) == (None, "packaging", "It ended")

    def test_is_withdrawn_once(self, packaging: Client, model: str) -> None:
        row = costing.override(a_cost(model), reason="Our contract")
        packaging.post(f"{COSTS}{row.pk}/withdraw/", {"reason": "It ended"})

        response = packaging.post(f"{COSTS}{row.pk}/withdraw/", {"reason": "Again"})

        assert "Nobody wrote a cost" in response.context["form"].non_field_errors()[0]
        assert CostRate.objects.filter(model=model).count() == 2

    @pytest.mark.parametrize("group", ["Finance", "Auditor"])
    def test_is_not_for_those_who_only_look(self, group: str, model: str) -> None:
        row = costing.override(a_cost(model), reason="Our contract")
        client = at_the_desk_of(group)

        assert client.get(f"{COSTS}{row.pk}/change/").status_code == 200
        assert client.post(f"{COSTS}{row.pk}/withdraw/", {"reason": "x"}).status_code == 403
        assert client.post(f"{COSTS}add/", {}).status_code == 403
        assert client.post(f"{COSTS}import/", {}).status_code == 403
        assert CostRate.objects.filter(model=model).count() == 1


class TestFeature:
    def test_says_which_cost_it_is_with_user_and_reason(self, packaging: Client) -> None:
        feature = Feature.objects.get(code=Shop().chat)
        address = f"/admin/pricing/feature/{feature.pk}/change/"

        sent = {
            "name": feature.name,
            "unit": "token",
            "cost_component": "input:batch",
            "change_reason": "We batch",
        }
        packaging.post(address, sent)

        feature.refresh_from_db()
        last = feature.history.first()
        assert (feature.cost_component, last.cost_component) == ("input:batch", "input:batch")
        assert (last.history_user.get_username(), last.history_change_reason) == ("packaging", "We batch")

    def test_takes_no_component_that_nothing_could_be(self, packaging: Client) -> None:
        feature = Feature.objects.get(code=Shop().chat)

        sent = {"name": feature.name, "unit": "token", "cost_component": "In put"}
        response = packaging.post(f"/admin/pricing/feature/{feature.pk}/change/", sent)

        feature.refresh_from_db()
        assert feature.cost_component == ""
        assert "A cost component is written as input" in response.content.decode()
