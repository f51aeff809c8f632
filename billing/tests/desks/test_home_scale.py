"""The home page is quick with a million debits of ten thousand accounts."""

from __future__ import annotations

import sys
from statistics import median
from time import monotonic
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.services import noting_hours
from billing.tests.million import write_many
from usage.tests.made import named
from usage.tests.rolled import roll_up

pytestmark = [pytest.mark.soak, pytest.mark.committed, pytest.mark.timeout(1800)]

ACCOUNTS, DEBITS = 10_000, 100


class TestHome:
    def test_is_shown_within_a_fifth_of_a_second(
        self, owner: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        write_many(owner, accounts=ACCOUNTS, debits=DEBITS, every="7 hours")
        began = monotonic()
        roll_up(most=20_000)
        owner.execute("ANALYZE")
        rolled, began = monotonic() - began, monotonic()
        hours = noting_hours.note_hours()
        noted = monotonic() - began
        client = Client()
        client.force_login(User.objects.create_superuser(named("root")))
        client.get("/admin/")

        took = []
        for _ in range(7):
            began = monotonic()
            assert client.get("/admin/").context["burn"].series
            took.append(monotonic() - began)

        with CaptureQueriesContext(connection) as asked:
            client.get("/admin/")
        slowest = sorted(asked.captured_queries, key=lambda each: -float(each["time"]))[:5]

        with capsys.disabled():
            for each in slowest:
                sys.stdout.write(f"\n{each['time']} s: {' '.join(each['sql'].split())[:160]}")
            told = f"rolled up in {rolled:.0f} s, {hours} hours noted in {noted:.1f} s; "
            sys.stdout.write(
                f"\n{told}home: median {median(took) * 1000:.0f} ms, worst {max(took) * 1000:.0f} ms\n"
            )
        assert hours
        assert median(took) < 0.2
