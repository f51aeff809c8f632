"""What no caller should ask, asked of every read: the right refusal, nothing written, never a 5xx."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest

from usage.tests.api.bad_values import MOMENTS, NUMBERS, TEXTS, Raw
from usage.tests.api.client import ApiClient
from usage.tests.api.conftest import Shop
from usage.tests.api.reading import Read, reads
from usage.tests.api.writing import census

PAGES = ["0", "501", "-1", "1.5", "1e2", "", " 1", "١", "9" * 40]
CURSORS = ["", "x", "MQ.AAAA", "\x00", "../", "x" * 5000]
UNREADABLE = [
    "limit=1&limit=1",
    "surplus=1",
    "surplus=1&surplus=2",
    "x=%",
    "x=%ff",
    "x=%00",
    "=1",
    "&&x",
    "a b",
    "é",
]


class Trials:
    """Reads that are to be refused; tells at the end which were not, and whether anything was written."""

    def __init__(self, client: ApiClient) -> None:
        self._client, self._before = client, census()
        self._wrong: list[str] = []
        self.count = 0

    def expect(
        self, path: str, status: int, slug: str, *, method: str = "GET", client: ApiClient | None = None
    ) -> None:
        answer = (client or self._client).send(method, path)
        self.count += 1
        told = answer.json if answer.headers.get("Content-Type") == "application/problem+json" else {}
        if (answer.status, str(told.get("type")).rpartition("/")[2]) != (status, slug):
            self._wrong.append(f"{method} {path:.100}: {answer.status} {answer.content[:200]!r}")

    def close(self) -> None:
        assert not self._wrong, "\n".join(self._wrong)
        assert census() == self._before
        assert self.count


@pytest.fixture
def asked(shop: Shop) -> list[Read]:
    return list(reads(shop))


@pytest.fixture
def trials(shop: Shop, asked: list[Read]) -> Iterator[Trials]:
    trials = Trials(shop.all)
    yield trials
    trials.close()


def texts_of(values: list[object]) -> list[str]:
    """Those that a query can spell."""
    return [
        each for each in values if isinstance(each, str) and not isinstance(each, Raw) and len(each) < 9000
    ]


def test_every_read_answers(shop: Shop, asked: list[Read]) -> None:
    for each in asked:
        assert shop.all.get(each.path + each.query).status == each.status, each.path


@pytest.mark.parametrize(
    ("names", "values"),
    [
        (lambda each: each.moments, texts_of(MOMENTS)),
        (lambda each: each.quantities, texts_of(NUMBERS)),
        (lambda each: each.texts, texts_of(TEXTS)),
        (lambda each: ("limit",) * each.is_paged, PAGES),
        (lambda each: ("cursor",) * each.is_paged, CURSORS),
    ],
    ids=["moments", "quantities", "texts", "limit", "cursor"],
)
def test_parameters(
    trials: Trials, asked: list[Read], names: Callable[[Read], tuple[str, ...]], values: list[str]
) -> None:
    for each in asked:
        for name in names(each):
            for value in values:
                trials.expect(f"{each.path}?{name}={quote(value)}", 400, "invalid-request")


def test_queries(trials: Trials, asked: list[Read]) -> None:
    for each in asked:
        for query in UNREADABLE:
            trials.expect(f"{each.path}?{query}", 400, "invalid-request")


def test_methods(trials: Trials, asked: list[Read]) -> None:
    for each in asked:
        for method in ("DELETE", "PATCH", "TRACE", "BREW"):
            trials.expect(each.path, 405, "method-not-allowed", method=method)


def test_keys(shop: Shop, trials: Trials, asked: list[Read]) -> None:
    other_scope = shop.client("events")
    trials.__init__(shop.all)  # type: ignore[misc]  # the key made here is none of what is to be refused
    for each in asked:
        if not each.is_open:
            trials.expect(each.path, 401, "unauthenticated", client=ApiClient())
            trials.expect(each.path, 401, "unauthenticated", client=replace(shop.all, key="td_0_0"))
            trials.expect(each.path, 403, "forbidden", client=other_scope)


def test_paths(trials: Trials, asked: list[Read]) -> None:
    """As a web server hands them over: decoded, one byte a character."""
    names = ["\x00", "a\x00b", "\xff", "\xed\xa0\x80", "%", "%zz", "\xe2\x80\xae", "a\nb", "a\r\nb", "\x7f"]
    for each in asked:
        above, _, rest = each.path.strip("/").partition("/")
        if rest and not each.is_open:
            _, slash, below = rest.partition("/")
            for name in names:
                trials.expect(f"/{above}/{name}{slash}{below}", 400, "invalid-request")


def test_paths_that_lead_nowhere(trials: Trials, asked: list[Read]) -> None:
    names = [
        "0",
        "x" * 128,
        "' OR 1=1",
        "..",
        "01996f4e-8a70-7c31-b0c4-5d6f1a2b3c4d",
        "01996F4E8A707C31B0C45D6F1A2B3C4D",
    ]
    for each in asked:
        above, _, rest = each.path.strip("/").partition("/")
        if rest:
            _, slash, below = rest.partition("/")
            for name in names:
                trials.expect(f"/{above}/{name}{slash}{below}", 404, "not-found")


def test_references_that_are_too_long(trials: Trials, asked: list[Read]) -> None:
    for each in asked:
        if each.path.startswith("/accounts/"):
            _, slash, below = each.path.removeprefix("/accounts/").partition("/")
            trials.expect(f"/accounts/{'x' * 129}{slash}{below}", 400, "invalid-request")
