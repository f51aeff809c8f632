"""What no caller should send, sent to every write endpoint: the right refusal, nothing written, never a 5xx."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from usage.tests.api.bad_values import BODIES, DAYS, MOMENTS, MONEY, NUMBERS, TEXTS, UNSHOWABLE, written
from usage.tests.api.conftest import Shop, debit_of
from usage.tests.api.writing import DESCRIBED, ITEM_TEXTS, Endpoint, census, write_endpoints


@pytest.fixture
def endpoints(shop: Shop) -> list[Endpoint]:
    return list(write_endpoints(shop))


class Trials:
    """Requests that are to be refused; tells at the end which were not, and whether anything was written."""

    def __init__(self, shop: Shop) -> None:
        self._client = shop.all
        self._before = census()
        self._wrong: list[str] = []
        self.count = 0

    def expect(
        self,
        endpoint: Endpoint,
        body: object,
        status: int,
        slug: str,
        what: str,
        *,
        pointer: str | None = None,
        **environ: str,
    ) -> None:
        answer = endpoint.send(self._client, body, **environ)
        self.count += 1
        told = answer.json if answer.headers.get("Content-Type") == "application/problem+json" else {}
        is_right = (answer.status, str(told.get("type")).rpartition("/")[2]) == (status, slug)
        named = [each["pointer"] for each in told.get("errors", [])]
        if not is_right or (pointer is not None and not any(each.startswith(pointer) for each in named)):
            asked = f"{endpoint.method} {endpoint.path} with {what}"
            self._wrong.append(f"{asked}: {answer.status} {answer.content[:300]!r}")

    def close(self) -> None:
        assert not self._wrong, "\n".join(self._wrong)
        assert census() == self._before
        assert self.count


@pytest.fixture
def trials(shop: Shop, endpoints: list[Endpoint]) -> Iterator[Trials]:
    trials = Trials(shop)
    yield trials
    trials.close()


def test_every_endpoint_takes_its_body(shop: Shop, endpoints: list[Endpoint]) -> None:
    for endpoint in endpoints:
        answer = endpoint.send(shop.all, endpoint.body, HTTP_IDEMPOTENCY_KEY=endpoint.path[-40:])
        assert answer.status in (200, 201), answer.content


def test_bodies(trials: Trials, endpoints: list[Endpoint]) -> None:
    for endpoint in endpoints:
        for body, what in BODIES:
            if body or not endpoint.takes_nothing:
                trials.expect(endpoint, body, 400, "invalid-request", what)


def test_unknown_members(trials: Trials, endpoints: list[Endpoint]) -> None:
    for endpoint in endpoints:
        for name, pointer in (
            ("surplus", "/surplus"),
            ("a/b~", "/a~1b~0"),
            ("", "/"),
            ("__proto__", "/__proto__"),
        ):
            body = {**endpoint.body, name: 1}
            trials.expect(endpoint, body, 400, "invalid-request", f"the member {name!r}", pointer=pointer)
        odd = written(endpoint.body)[:-1].decode() + ("," if endpoint.body else "") + '"\\ud800": 1}'
        trials.expect(endpoint, odd.encode(), 400, "invalid-request", "a surrogate for a name")


def test_members_sent_twice(trials: Trials, endpoints: list[Endpoint]) -> None:
    for endpoint in endpoints:
        for name in endpoint.body:
            body = written(endpoint.body)[:-1] + f', "{name}": null}}'.encode()
            trials.expect(endpoint, body, 400, "invalid-request", f"{name} twice", pointer=f"/{name}")


@pytest.mark.parametrize(
    ("pointers", "values"),
    [
        (lambda each: each.numbers, NUMBERS),
        (lambda each: each.texts, TEXTS),
        (lambda each: each.moments, MOMENTS),
        (lambda each: each.money, MONEY),
        (lambda each: each.days, DAYS),
    ],
    ids=["numbers", "texts", "moments", "money", "days"],
)
def test_members(
    trials: Trials,
    endpoints: list[Endpoint],
    pointers: Callable[[Endpoint], tuple[str, ...]],
    values: list[object],
) -> None:
    for endpoint in endpoints:
        for pointer in pointers(endpoint):
            for value in values:
                if pointer != "/metadata/request" or value in UNSHOWABLE:
                    body = written(endpoint.with_member(pointer, value))
                    trials.expect(endpoint, body, 400, "invalid-request", f"{value!r:.60} at {pointer}")


def test_a_currency_without_a_cost(trials: Trials, endpoints: list[Endpoint]) -> None:
    for endpoint in endpoints:
        for pointer in endpoint.money:
            if pointer.startswith("/items/"):
                body = endpoint.with_member(pointer, None)
                beside = pointer.replace("cost", "currency")
                trials.expect(endpoint, body, 400, "invalid-request", "no cost", pointer=beside)


def test_times_outside_of_the_window(trials: Trials, endpoints: list[Endpoint]) -> None:
    now = datetime.now(UTC)
    for endpoint in endpoints:
        for pointer in endpoint.moments:
            too_early = (now - timedelta(days=35, minutes=1)).isoformat()
            body = endpoint.with_member(pointer, too_early)
            is_start = pointer == "/effective_from"  # nothing is made to hold in the past
            status, slug = (409, "conflict") if is_start else (400, "invalid-request")
            trials.expect(endpoint, body, status, slug, "too early", pointer=pointer)
        if "/occurred_at" in endpoint.moments:
            body = endpoint.with_member("/occurred_at", (now + timedelta(minutes=6)).isoformat())
            trials.expect(endpoint, body, 400, "invalid-request", "too late", pointer="/occurred_at")


def test_content_types(trials: Trials, endpoints: list[Endpoint]) -> None:
    kinds = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml",
             "application/json; charset=utf-16", "application/json; charset=latin-1", "application/problem+json",
             "application/cloudevents+json", "json", "*/*"]  # fmt: skip
    for endpoint in endpoints:
        for kind in kinds:
            trials.expect(endpoint, endpoint.body, 415, "unsupported-media-type", kind, CONTENT_TYPE=kind)
        packed = {"HTTP_CONTENT_ENCODING": "gzip"}
        trials.expect(endpoint, endpoint.body, 415, "unsupported-media-type", "gzip", **packed)


def test_sizes(trials: Trials, endpoints: list[Endpoint]) -> None:
    for endpoint in endpoints:
        body = written(endpoint.body)
        body += b" " * (endpoint.limit + 1 - len(body))
        trials.expect(endpoint, body, 413, "payload-too-large", "too many bytes")
        trials.expect(
            endpoint,
            b"{}",
            413,
            "payload-too-large",
            "an announcement",
            CONTENT_LENGTH=str(endpoint.limit + 1),
        )
        for length in ("-1", "abc", "1e3", "٣"):
            trials.expect(endpoint, b"{}", 400, "invalid-request", f"length {length}", CONTENT_LENGTH=length)


def test_idempotency_keys(trials: Trials, endpoints: list[Endpoint]) -> None:
    for endpoint in endpoints:
        if not endpoint.is_moving:
            continue
        for key in ("x" * 256, "two words", "naïve", "\x7f", "a\tb"):
            trials.expect(
                endpoint,
                endpoint.body,
                400,
                "invalid-request",
                f"the key {key:.10}",
                HTTP_IDEMPOTENCY_KEY=key,
            )
        for key in ("", " ", "\t"):
            trials.expect(
                endpoint, endpoint.body, 400, "idempotency-key-missing", "no key", HTTP_IDEMPOTENCY_KEY=key
            )


def test_queries(trials: Trials, endpoints: list[Endpoint]) -> None:
    for endpoint in endpoints:
        for query in ("limit=5", "a=1&a=2", "x=%", "x=%ff", "x=%00", "=1", "&&x"):
            trials.expect(endpoint, endpoint.body, 400, "invalid-request", query, QUERY_STRING=query)


def test_paths(trials: Trials, endpoints: list[Endpoint]) -> None:
    """As a web server hands them over: decoded, one byte a character."""
    names = ["\x00", "a\x00b", "\xff", "\xed\xa0\x80", "%", "%zz", "\xe2\x80\xae", "a\nb", "a\r\nb", "\x7f"]
    for endpoint in endpoints:
        above, _, rest = endpoint.path.strip("/").partition("/")
        if rest:
            _, slash, below = rest.partition("/")
            for name in names:
                other = Endpoint(endpoint.method, f"/{above}/{name}{slash}{below}", endpoint.body)
                trials.expect(other, other.body, 400, "invalid-request", f"the path {name!r}")


def test_paths_that_lead_nowhere(trials: Trials, endpoints: list[Endpoint]) -> None:
    names = [
        "0",
        "x" * 128,
        "' OR 1=1",
        "..",
        "01996f4e-8a70-7c31-b0c4-5d6f1a2b3c4d",
        "01996F4E8A707C31B0C45D6F1A2B3C4D",
    ]
    for endpoint in endpoints:
        above, _, rest = endpoint.path.strip("/").partition("/")
        if "/" in rest:
            for name in names:
                other = Endpoint(endpoint.method, f"/{above}/{name}/{rest.partition('/')[2]}", endpoint.body)
                trials.expect(other, other.body, 404, "not-found", f"the name {name}")


def test_references_that_are_too_long(trials: Trials, endpoints: list[Endpoint]) -> None:
    for endpoint in endpoints:
        if endpoint.path.startswith("/accounts/"):
            below = endpoint.path.partition("/accounts/")[2].partition("/")[2]
            other = Endpoint(
                endpoint.method, f"/accounts/{'x' * 129}" + (f"/{below}" if below else ""), endpoint.body
            )
            trials.expect(other, other.body, 400, "invalid-request", "129 characters")


def test_rows_of_a_batch(shop: Shop, trials: Trials) -> None:
    account = shop.account()
    trials.__init__(shop)  # type: ignore[misc]  # the account made here is none of what is to be refused
    charge = Endpoint("POST", "/debits", {**debit_of(account), "idempotency_key": "row"})
    charge.body["items"][0] |= DESCRIBED
    rows = [charge.with_member("/items/0/quantity", value) for value in NUMBERS]
    rows += [charge.with_member("/items/0/cost", value) for value in (*MONEY, None)]
    for pointer in (*ITEM_TEXTS[:-1], "/idempotency_key"):
        rows += [charge.with_member(pointer, value) for value in TEXTS]
    rows += [charge.with_member("/occurred_at", value) for value in MOMENTS]
    rows += [charge.with_member("/surplus", 1), {}]
    body = written({"debits": [row for row in rows if "NaN" not in written(row).decode().replace('"NaN"', "")
                               and "-Infinity" not in written(row).decode()]})  # fmt: skip

    results = shop.all.send("POST", "/debits/batch", body).json["results"]
    trials.count += len(results)

    assert {each["status"] for each in results} == {400}
    assert all(each["type"].endswith("/invalid-request") for each in results)


def test_batches(shop: Shop, trials: Trials) -> None:
    batch = Endpoint("POST", "/debits/batch", {"debits": []}, limit=8 * 1024 * 1024, is_moving=False)
    for body, what in BODIES:
        trials.expect(batch, body, 400, "invalid-request", what)
    trials.expect(batch, b" " * (batch.limit + 1), 413, "payload-too-large", "too many bytes")
    trials.expect(batch, b"{}", 415, "unsupported-media-type", "text", CONTENT_TYPE="text/plain")
