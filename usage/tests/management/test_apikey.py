"""The command that hands out API keys."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from pricing.services import catalogue
from usage.models import ApiKey
from usage.queries.keys import holder_of

pytestmark = pytest.mark.django_db


def run(*words: str) -> str:
    told = StringIO()
    call_command("apikey", *words, stdout=told)
    return told.getvalue()


def test_create_prints_the_key_alone() -> None:
    catalogue.create_product(code="cli-chat")

    told = run("create", "--product", "cli-chat", "--scopes", "debit,read")

    assert told.count("\n") == 1
    holder = holder_of(told.strip())
    assert holder is not None
    assert (holder.product_code, holder.scopes) == ("cli-chat", {"debit", "read"})


def test_create_refuses_an_unknown_product_with_a_sentence() -> None:
    with pytest.raises(CommandError, match="There is no product nowhere"):
        run("create", "--product", "nowhere", "--scopes", "read")

    assert not ApiKey.objects.exists()


def test_list_shows_every_key_and_no_secret() -> None:
    catalogue.create_product(code="cli-chat")
    text = run("create", "--product", "cli-chat", "--scopes", "debit,read", "--name", "web").strip()

    told = run("list")

    assert text.split("_")[1] in told
    assert "cli-chat  debit,read" in told
    assert "valid  web" in told
    assert text.split("_")[2] not in told


def test_revoke_closes_the_key() -> None:
    catalogue.create_product(code="cli-chat")
    text = run("create", "--product", "cli-chat", "--scopes", "read").strip()

    run("revoke", text.split("_")[1])

    assert holder_of(text) is None
    assert "revoked" in run("list")
