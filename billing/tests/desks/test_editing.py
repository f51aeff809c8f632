"""An account's own fields, edited by several people at a time."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from billing.errors import EditedMeanwhile
from billing.services import editing
from billing.services.editing import Edit
from billing.tests.desks.people import (
    as_shown,
    at_the_desk_of,
    at_the_desk_of_an_administrator,
    fields_of,
    text_of,
)
from usage.tests.made import AUTHOR, an_account
from usage.tests.racing import at_once
from wallets.models import Account


@pytest.fixture
def account(db: None) -> Account:
    return an_account(name="Acme", external_ids={"salesforce": "0015", "stripe": "cus_9"})


@pytest.fixture
def sales(db: None) -> Client:
    return at_the_desk_of("Sales")


def page_of(account: Account) -> str:
    return f"/admin/wallets/account/{account.pk}/edit/"


class TestEdit:
    def test_keeps_what_others_wrote_in_other_fields(
        self, account: Account, sales: Client, finance: Client
    ) -> None:
        both = as_shown(sales, page_of(account))

        finance.post(page_of(account), {**both, "external_ids": "stripe = cus_10"})
        sales.post(page_of(account), {**both, "name": "Acme Inc", "reason": "Renamed"})

        account.refresh_from_db()
        assert (account.name, account.external_ids) == ("Acme Inc", {"stripe": "cus_10"})

    def test_refuses_a_field_that_another_changed_and_says_who(
        self, account: Account, sales: Client, finance: Client
    ) -> None:
        both = as_shown(sales, page_of(account))

        finance.post(page_of(account), {**both, "name": "Acme Ltd"})
        mine = {**both, "name": "Acme Inc", "time_zone": "Europe/Berlin"}
        response = sales.post(page_of(account), mine)

        account.refresh_from_db()
        assert response.context["form"].errors == {
            "__all__": [
                "Nothing was saved: somebody else changed the same meanwhile. "
                "Save again to put yours in place of theirs."
            ],
            "name": ["finance changed the name meanwhile, to: Acme Ltd."],
        }
        assert (account.name, account.time_zone) == ("Acme Ltd", "UTC")

    def test_replaces_it_when_it_is_saved_again(
        self, account: Account, sales: Client, finance: Client
    ) -> None:
        both = as_shown(sales, page_of(account))
        finance.post(page_of(account), {**both, "external_ids": "stripe = cus_10"})
        refused = sales.post(page_of(account), {**both, "external_ids": "stripe = cus_11"})

        sales.post(page_of(account), fields_of(refused))

        account.refresh_from_db()
        assert account.external_ids == {"stripe": "cus_11"}

    def test_agrees_with_whoever_wrote_the_same(
        self, account: Account, sales: Client, finance: Client
    ) -> None:
        both = as_shown(sales, page_of(account))

        finance.post(page_of(account), {**both, "name": "Acme Inc"})
        response = sales.post(page_of(account), {**both, "name": "Acme Inc"})

        assert response.status_code == 302
        assert account.history.filter(name="Acme Inc").count() == 1

    def test_writes_nothing_where_nothing_was_changed(self, account: Account, sales: Client) -> None:
        sales.post(page_of(account), as_shown(sales, page_of(account)))

        assert account.history.count() == 1

    def test_reads_lines_as_browsers_send_them(self, account: Account, sales: Client) -> None:
        shown = as_shown(sales, page_of(account))
        sent = {name: text.replace("\n", "\r\n") for name, text in shown.items()}

        sales.post(page_of(account), {**sent, "external_ids": sent["external_ids"] + "\r\nzuora = A-1"})

        account.refresh_from_db()
        assert account.external_ids == {"salesforce": "0015", "stripe": "cus_9", "zuora": "A-1"}

    def test_takes_a_name_that_programs_wrote_with_blanks(self, sales: Client) -> None:
        account = an_account(name=" Acme ")

        sales.post(page_of(account), {**as_shown(sales, page_of(account)), "name": "Acme Inc"})

        account.refresh_from_db()
        assert account.name == "Acme Inc"

    def test_names_a_program_where_no_person_did_it(self, account: Account) -> None:
        with pytest.raises(EditedMeanwhile) as refusal:
            editing.edit(
                account_id=account.pk, edits={"name": Edit(was="Umbrella", wanted="Globex")}, author=AUTHOR
            )

        assert refusal.value.told == {"name": "A program changed the name meanwhile, to: Acme."}
        assert refusal.value.present == {"name": "Acme"}

    @pytest.mark.committed
    def test_lets_one_of_many_win_who_began_alike(self) -> None:
        account = an_account(name="Acme")

        def rename(n: int) -> None:
            edits = {"name": Edit(was="Acme", wanted=f"Acme {n}")}
            editing.edit(account_id=account.pk, edits=edits, author=AUTHOR)

        answers = at_once([lambda n=n: rename(n) for n in range(8)])  # type: ignore[misc]

        assert answers.count(None) == 1
        assert sum(isinstance(answer, EditedMeanwhile) for answer in answers) == 7
        assert account.history.count() == 2


class TestHistoryOfAPerson:
    def test_says_that_there_is_none_in_our_words(self, db: None) -> None:
        client = at_the_desk_of_an_administrator()

        told = text_of(client.get(f"/admin/auth/user/{User.objects.get().pk}/history/"))

        assert "Nobody has changed it on these pages." in told
        assert "change history" not in told
