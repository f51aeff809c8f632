"""What `/metrics` tells of charging, of jobs and of the audit."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from config import counted
from config.kernel.errors import InsufficientTokens
from config.kernel.models import AuditRun
from config.tests.running import free_port
from config.wsgi import application
from usage.services import charging
from usage.services.combiner import Combiner
from usage.tests.made import Shop, a_grant, clock


def read(text: str) -> dict[str, float]:
    """Every sample: its name and the values of its labels, in their order."""
    return {
        " ".join([sample.name.removeprefix("tokendesk_"), *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def told() -> dict[str, float]:
    with httpx.Client(transport=httpx.WSGITransport(app=application), base_url="http://localhost") as client:
        return read(client.get("/metrics").text)


def grown(before: dict[str, float], after: dict[str, float], name: str) -> float:
    return after.get(name, 0) - before.get(name, 0)


@pytest.mark.committed
class TestCharging:
    def test_counts_debits_and_refusals_by_outcome(self) -> None:
        shop = Shop()
        acme = shop.an_account()
        a_grant(acme, "10")
        before = told()

        shop.debit(acme, "1")
        with pytest.raises(InsufficientTokens):
            shop.debit(acme, "100")

        after = told()
        assert grown(before, after, "outcomes_total debit charged") == 1
        assert grown(before, after, "outcomes_total debit insufficient_tokens") == 1

    def test_measures_the_steps(self) -> None:
        shop = Shop()
        acme = shop.an_account()
        a_grant(acme, "10")
        shop.debit(acme, "1")
        before = told()

        shop.debit(acme, "1")

        after = told()
        assert grown(before, after, "step_seconds_count price") >= 1
        assert grown(before, after, "step_seconds_count debit_batch") == 1
        assert 0 < grown(before, after, "step_seconds_sum debit_batch") < 60

    def test_measures_how_many_were_charged_together(self) -> None:
        before = read(counted.told().decode())

        Combiner(str, lambda requests: [str(each) for each in requests]).submit(1)

        after = read(counted.told().decode())
        assert grown(before, after, "batch_size_bucket 1.0") == 1
        assert grown(before, after, "batch_size_sum") == 1


@pytest.mark.django_db
class TestAudits:
    def test_tells_how_old_the_last_is_and_whether_it_was_clean(self) -> None:
        ended_at = clock() - timedelta(hours=2)
        AuditRun.objects.create(started_at=ended_at, finished_at=ended_at, is_clean=False)
        before_that = ended_at - timedelta(days=1)
        AuditRun.objects.create(started_at=before_that, finished_at=before_that, is_clean=True)

        found = told()

        assert 7200 <= found["audit_age_seconds"] < 7260
        assert found["audit_clean"] == 0

    def test_tells_nothing_where_there_was_none(self) -> None:
        AuditRun.objects.all().delete()

        assert "audit_clean" not in told()


class TestServe:
    def test_answers_for_a_process_without_a_web_server(self) -> None:
        charging.count("debit", ["charged"])
        port = free_port()

        counted.serve("127.0.0.1", port)

        assert read(httpx.get(f"http://127.0.0.1:{port}/metrics").text)["outcomes_total debit charged"] >= 1
