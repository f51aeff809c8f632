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
    if not re.fullmatch("[A-Za-z0-9_-]{1,8000}", told) or not constant_time_compare(seal, _seal(scope, told)):
        raise refusal([FieldError("cursor", "This cursor does not belong to this list.")])
    return urlsafe_b64decode(told + "=" * (-len(told) % 4)).decode()


def _seal(scope: str, told: str) -> str:
    digest = salted_hmac("config.http.cursors", f"{scope}\n{told}", algorithm="sha256").digest()
    return urlsafe_b64encode(digest[:12]).decode()


class Listing:
    """One page of a list.

    filters: what else the list was asked for by; its cursors go on with the same.
    after: the position to go on from, None at the beginning. most: how many rows to ask for, one more than are shown.
    """

    def __init__(
        self, request: HttpRequest, *, limit: int | None, cursor: str | None, **filters: str | None
    ) -> None:
        self._path = request.path
        self._filters = {name: value for name, value in filters.items() if value is not None}
        self._scope = f"{request.path}?{urlencode(sorted(self._filters.items()))}"
        self._size = limit or DEFAULT_PAGE_SIZE
        self.after = None if cursor is None else opened(self._scope, cursor)
        self.most = self._size + 1

    def page(self, rows: Sequence[T], *, position: Callable[[T], object]) -> dict[str, object]:
        """The rows as `items`, and the address of the `next` page. position: of a row, to go on after it."""
        following = None
        if len(rows) > self._size:
            after = sealed(self._scope, str(position(rows[self._size - 1])))
            asked = {**self._filters, "limit": str(self._size), "cursor": after}
            following = f"{self._path}?{urlencode(asked)}"
        return {"items": rows[: self._size], "next": following}

    def part(self, whole: Sequence[T]) -> dict[str, object]:
        """The page of a list that is at hand as a whole; positions are places in it."""
        start = int(self.after or 0)
        shown = whole[start : start + self.most]
        return self.page(shown, position=lambda _: start + self._size)
