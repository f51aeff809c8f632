"""Who calls: the holder of an API key, found through the process's key ring."""

from config.http.asking import asked_again_if_cut
from config.http.keyring import KeyRing
from config.http.views import ApiView
from usage.queries.keys import KeyHolder, holder_of

RING: KeyRing[KeyHolder] = KeyRing(lambda secret: asked_again_if_cut(lambda: holder_of(secret)))


class KeyedView(ApiView[KeyHolder]):
    """A path of the API that asks for a key."""

    def holder(self, secret: str) -> KeyHolder | None:
        return RING.holder(secret)
