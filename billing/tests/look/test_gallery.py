"""The gallery is whole: each address that the product answers is looked at, or is no page and says why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from billing.tests.desks.page import Page
from billing.tests.look import gallery
from usage.tests.made import named
from usage.tests.remembering import forget_what_is_remembered

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]
EXAMPLES = dict.fromkeys(("chat", "image", "pack"), "x") | {
    "month": "2026-03",
    "budget": str(uuid4()),
    "alert": "1",
    "person": "1",
}
AN_IDENTITY = re.compile(r"\d+|[0-9a-f-]{36}|\d{4}-\d\d|[A-Z]{3}")


@pytest.fixture(scope="module")
def pages(own_database: None, django_db_blocker: Any) -> Iterator[list[Page]]:
    """Those of the desks, in a database of their own that has something of everything."""
    with django_db_blocker.unblock():
        forget_what_is_remembered()
        found = gallery.pages_of_desks()
        connection.close()
        yield found
        forget_what_is_remembered()


def looked_at(pages: list[Page]) -> set[str]:
    """The shapes of all pages of the gallery."""
    buyers = [f"/my/{uuid4()}/{path.format(**EXAMPLES)}" for path in gallery.OF_A_BUYER.values()]
    others = [*gallery.OF_STRANGERS.values(), *gallery.BY_SECRETS.values(), *gallery.FOR_ANYBODY.values()]
    addresses = [*(page.address for page in pages), *buyers, *(each.format(secret="x") for each in others)]
    return {gallery.shape_of(each) for each in addresses}


class TestGallery:
    def test_leaves_nothing_out_without_a_reason(self, pages: list[Page]) -> None:
        left = set(gallery.shapes()) - looked_at(pages)

        assert sorted(each for each in left if not gallery.why_not(each)) == []

    def test_leaves_out_what_is_no_page(self, pages: list[Page]) -> None:
        left = set(gallery.shapes()) - looked_at(pages)
        client = Client()
        client.force_login(User.objects.create_superuser(named("visitor")))
        addresses = [*(page.address.split("?")[0] for page in pages), *gallery.newest_rows()]
        asked = {each: an_address_of(each, addresses) for each in left if each.startswith("admin/")}

        answers = {each: client.get(address) for each, address in asked.items() if address}

        assert len(answers) > 150
        assert {each for each, answer in answers.items() if is_a_page(answer)} == set()

    def test_has_no_reason_for_what_is_not_there(self) -> None:
        reasons = {gallery.why_not(each) for each in gallery.shapes()}

        assert set(gallery.NO_PAGES.values()) - reasons == set()


def an_address_of(shape: str, addresses: list[str]) -> str:
    """One of that shape, its identities taken from the page whose address is most like it; empty where none is."""
    wanted = f"/{shape}".split("/")
    likest = max((each.split("/") for each in addresses), key=lambda parts: _in_common(wanted, parts))
    alike = _in_common(wanted, likest)
    found = "/".join([*likest[:alike], *wanted[alike:]])
    return "" if re.search(r"[*(]", found) else found


def _in_common(wanted: list[str], parts: list[str]) -> int:
    """With how many parts both begin."""
    for place, (want, part) in enumerate(zip(wanted, parts, strict=False)):
        if not (want == part or (want == "*" and AN_IDENTITY.fullmatch(part))):
            return place
    return min(len(wanted), len(parts))


def is_a_page(answer: Any) -> bool:
    is_html = answer.headers["Content-Type"].startswith("text/html")
    return bool(answer.status_code == 200 and is_html and "</html>" in answer.content.decode())
