"""Who calls: the holder of an API key, found through the process's key ring."""

from typing import Any

from django.utils import timezone

from config.http import cursors
from config.http.addresses import address_of
from config.http.asking import asked_again_if_cut
from config.http.keyring import KeyRing
from config.http.operations import Operation
from config.http.views import ApiView
from usage.api.requests import PageQuery
from usage.queries.keys import KeyHolder, holder_of
from usage.services import sightings
from usage.services.authors import Author

RING: KeyRing[KeyHolder] = KeyRing(lambda secret: asked_again_if_cut(lambda: holder_of(secret)))


class KeyedView(ApiView[KeyHolder]):
    """A path of the API that asks for a key."""

    def holder(self, secret: str) -> KeyHolder | None:
        found = RING.holder(secret)
        if found is not None:
            sightings.note(found.api_key_id, address_of(self.request.META), timezone.now())
        return found

    def listing(self, operation: Operation[Any, PageQuery]) -> cursors.Listing:
        """The page that was asked for of a list that takes nothing but that. Raises InvalidRequest."""
        asked = self.parameters(operation)
        return cursors.Listing(self.request, limit=asked.limit, cursor=asked.cursor)

    def author(self, reason: str | None) -> Author:
        """The product that asks, and why."""
        return Author(self.caller.product_code, reason or "")
