"""Connections from a shell: made with the secrets that are theirs, which are printed once."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from billing.connectors.generic import SENDING, SIGNING
from billing.models import Connection, ConnectionSecret
from billing.services import connection_secrets
from usage.tests.made import clock, named


def add(*words: str) -> str:
    out = StringIO()
    call_command("connection", "add", *words, stdout=out)
    return out.getvalue().strip()


@pytest.mark.django_db
class TestAdd:
    def test_prints_the_secrets_that_are_made_here_and_nothing_else(self) -> None:
        code = named("shop")

        printed = add(code, "webhook", "--on", "--bodies-days", "30")

        row = Connection.objects.get(code=code)
        access = connection_secrets.access_of(row, (), clock())
        assert printed.splitlines() == [f"{name}={access.secret(name)}" for name in (SIGNING, SENDING)]
        assert ConnectionSecret.objects.filter(connection=row).count() == 2
        assert (row.state, row.bodies_days, row.runs_days) == ("on", 30, 90)

    def test_says_how_it_stands_where_no_secret_is_made_here(self) -> None:
        code = named("stripe")

        assert add(code, "stripe") == f"{code}: paused"

    def test_makes_nothing_that_is_kept_for_no_time(self) -> None:
        code = named("shop")

        with pytest.raises(CommandError, match="/runs_days It is kept for 1 to 3,650 days"):
            add(code, "webhook", "--runs-days", "0")

        assert not Connection.objects.filter(code=code).exists()
