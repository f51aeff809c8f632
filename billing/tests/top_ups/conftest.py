"""The API's shop, for top-ups over HTTP."""

from usage.tests.api.conftest import open_shop, shop

__all__ = ["open_shop", "shop"]
