"""The pages on news say what is: types, examples, pauses, and code that verifies real requests."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from billing.connectors import webhooks
from billing.models import News
from billing.rules.deliveries import WAITS
from billing.rules.news_types import TYPES
from billing.services import endpoints, news
from billing.services.writing import body_of
from billing.tests.news.happening import let_everything_happen
from billing.tests.news.made import a_delivery, an_issued_endpoint, attempt_at
from billing.tests.news.receiver import Receiver
from config.tests import pages

REFERENCE, HOW_TO = pages.page("docs/reference/news.md"), pages.page("docs/how-to/receive-webhooks.md")
UNITS = {"second": 1, "minute": 60, "hour": 3600}


def examples() -> dict[str, Any]:
    found = [json.loads(block.text) for block in pages.blocks(REFERENCE) if block.kind == "json"]
    return {each["type"]: each for each in found}


def shape_of(value: Any) -> Any:
    """What a value is: names of members, amounts with their digits after the point, words by themselves."""
    if isinstance(value, dict):
        return {name: shape_of(each) for name, each in value.items()}
    if isinstance(value, str) and value.replace(".", "").isdigit():
        return f"amount with {len(value.partition('.')[2])}"
    if isinstance(value, str) and value.endswith("Z"):
        return f"time of {len(value)}"
    return type(value).__name__


class TestReference:
    def test_names_every_type_and_whether_it_is_sent(self) -> None:
        told = {
            pages.codes(code)[0]: (when, said)
            for code, when, said in pages.table_under(REFERENCE, "## Types")
        }

        assert told == {
            each.code: (each.says, "yes" if each.is_sent else "not yet") for each in TYPES.values()
        }

    def test_gives_an_example_of_every_type_that_is_sent(self) -> None:
        assert set(examples()) == {each.code for each in TYPES.values() if each.is_sent}

    def test_names_the_pauses_between_attempts(self) -> None:
        pauses = []
        for number, pause in pages.table_under(REFERENCE, "## Attempts"):
            count, unit = pause.split()
            pauses.append((int(number), timedelta(seconds=int(count) * UNITS[unit.removesuffix("s")])))
        text = REFERENCE.read_text()

        assert pauses == list(enumerate(WAITS, start=1))
        assert f"After the {len(WAITS) + 1}th the delivery is given up" in text
        assert f"within {webhooks.SECONDS:g} seconds" in text
        assert f"{webhooks.KEPT_BYTES:,} bytes" in text

    @pytest.mark.usefixtures("from_now_on")
    def test_shows_each_type_as_it_is_sent(self) -> None:
        let_everything_happen()
        news.tell()
        sent = {each.kind: each for each in News.objects.exclude(kind="endpoint.test").order_by("pk")}
        told = {kind: json.loads(body_of(kind, each.occurred_at, each.data)) for kind, each in sent.items()}

        for kind, example in examples().items():
            assert shape_of(example) == shape_of(told[kind]), kind


@pytest.mark.django_db
class TestHowTo:
    @pytest.fixture
    def news_of(self) -> Callable[[str, dict[str, str], bytes], Any]:
        (code,) = [block.text for block in pages.blocks(HOW_TO) if block.kind == "python"]
        made: dict[str, Any] = {}
        exec(code, made)
        verify: Callable[[str, dict[str, str], bytes], Any] = made["news_of"]
        return verify

    def test_believes_what_is_signed_and_nothing_else(self, receiver: Receiver, news_of: Any) -> None:
        issued = an_issued_endpoint(receiver.url())
        attempt_at(a_delivery(issued.endpoint, tokens="1.000000"))
        (heard,) = receiver.heard

        assert news_of(issued.secret, heard.headers, heard.body)["data"] == {"tokens": "1.000000"}
        with pytest.raises(ValueError, match="not signed"):
            news_of(issued.secret, heard.headers, heard.body.replace(b"1.0", b"2.0"))
        with pytest.raises(ValueError, match="not signed"):
            news_of("whsec_" + "A" * 44, heard.headers, heard.body)
        with pytest.raises(ValueError, match="too old"):
            news_of(issued.secret, heard.headers | {"webhook-timestamp": "1614265330"}, heard.body)

    def test_believes_either_secret_while_there_are_two(self, receiver: Receiver, news_of: Any) -> None:
        old = an_issued_endpoint(receiver.url())
        new = endpoints.rotate_secret(endpoint_id=old.endpoint.pk)
        attempt_at(a_delivery(old.endpoint))
        (heard,) = receiver.heard

        assert [news_of(each.secret, heard.headers, heard.body)["type"] for each in (old, new)]
