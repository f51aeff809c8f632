"""Cursors: where a list goes on. Sealed, so that only those we handed out are taken, and only for their own list."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

from config.http.shapes import refusal
from config.kernel.errors import FieldError

DEFAULT_PAGE_SIZE = 50

T = TypeVar("T")


def sealed(scope: str, position: str) -> str:
    """A cursor for the list `scope` that goes on after `position`."""
    told = urlsafe_b64encode(position.encode()).decode().rstrip("=")
    return f"{told}.{_seal(scope, told)}"


def opened(scope: str, cursor: str) -> str:
    """The position within.

    Raises InvalidRequest for anything that was not handed out for this list.
    """
    told, _, seal = cursor.partition(".")
    if not re.fullmatch("[A-Za-z0-9_-]{1,400}", told) or not constant_time_compare(seal, _seal(scope, told)):
        raise refusal([FieldError("cursor", "This cursor does not belong to this list.")])
    return urlsafe_b64decode(told + "=" * (-len(told) % 4)).decode()


def _seal(scope: str, told: str) -> str:
    digest = salted_hmac("config.http.cursors", f"{scope}\n{told}", algorithm="sha256").digest()
    return urlsafe_b64encode(digest[:12]).decode()


def page(
    request: HttpRequest,
    *,
    rows: Callable[[str | None, int], Sequence[T]],
    position: Callable[[T], str],
    show: Callable[[T], object],
    limit: int | None,
    cursor: str | None,
    **filters: str | None,
) -> dict[str, object]:
    """One page of a list, as `items` and the address of the `next` page.

    rows: answers at most so many rows after a position, in the list's order. position: of a row.
    """
    size = limit or DEFAULT_PAGE_SIZE
    kept = {name: value for name, value in filters.items() if value is not None}
    scope = f"{request.path}?{urlencode(sorted(kept.items()))}"
    found = rows(opened(scope, cursor) if cursor else None, size + 1)
    following = None
    if len(found) > size:
        after = sealed(scope, position(found[size - 1]))
        following = f"{request.path}?{urlencode({**kept, 'limit': str(size), 'cursor': after})}"
    return {"items": [show(each) for each in found[:size]], "next": following}
