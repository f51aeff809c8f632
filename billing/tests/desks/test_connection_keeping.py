"""The sync desk: for how long what was told is kept, who erased it, and what a person has to set right."""

from __future__ import annotations

import pytest
from django.test import Client

from billing.services import connection_health
from billing.tests.connectors.desk_made import a_connection, failed, page, told
from billing.tests.desks.people import at_the_desk_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("outside")]


@pytest.fixture
def support() -> Client:
    return at_the_desk_of("Support")


@pytest.fixture
def auditor() -> Client:
    return at_the_desk_of("Auditor")


class TestWhatIsKept:
    def test_is_kept_for_as_many_days_as_somebody_says(self, support: Client) -> None:
        row = a_connection()
        wish = {"name": "Hub", "bodies_days": "30", "runs_days": "", "reason": "The contract says so"}
        support.post(page(row, "settings"), wish)

        row.refresh_from_db()
        assert (row.bodies_days, row.runs_days) == (30, 90)
        assert 'value="30"' in text_of(support.get(page(row, "settings")))
        assert row.history.latest().history_change_reason == "The contract says so"
        refused = text_of(support.post(page(row, "settings"), wish | {"bodies_days": "0"}))
        assert "greater than or equal to 1" in refused

    def test_is_erased_by_who_may_and_says_so(self, support: Client, auditor: Client) -> None:
        row = a_connection()
        record = failed(told(row, name="Jane Doe"), "There is no reference.", "Jane Doe has none.")
        address = page(row, f"in/{record.pk}")
        assert "Erase …" not in text_of(auditor.get(address))
        assert auditor.post(f"{address}erase/", {"reason": "x"}).status_code == 403
        assert "This field is required" in text_of(support.post(f"{address}erase/", {"reason": ""}))
        assert "Jane Doe" in text_of(support.get(address))

        support.post(f"{address}erase/", {"reason": "She asked for it"})

        shown = text_of(support.get(address))
        assert "Jane Doe" not in shown
        assert "erased it" in shown
        assert "She asked for it" in shown
        assert "Apply again" not in shown
        assert "Erase …" not in shown
        record.refresh_from_db()
        assert record.state == "ignored"


class TestWhatIsMissing:
    def test_says_what_a_person_has_to_set_right(self, support: Client) -> None:
        row = a_connection()
        connection_health.need_a_person(row.pk, "companies", "The token may not read deals.")

        shown = text_of(support.get(page(row)))

        assert "not set up" in shown
        assert "A person has to set something right: The token may not read deals." in shown
        support.post(page(row, "secrets/api_key"), {"secret": "pat-2"})
        assert "set something right" not in text_of(support.get(page(row)))
