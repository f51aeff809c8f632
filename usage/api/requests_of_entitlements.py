"""What callers ask of entitlements."""

from typing import Annotated

from msgspec import Meta

from config.http.scalars import Quantity, Reference
from config.http.shapes import Shape

MOST = 100


class EntitlementQuery(Shape):
    quantity: Annotated[Quantity | None, Meta(description="How many units would be used; 1 by default.")] = (
        None
    )


class MatrixRequest(Shape):
    """Accounts and features, each up to 100."""

    accounts: Annotated[
        Annotated[list[Reference], Meta(min_length=1, max_length=MOST)],
        Meta(description="Your own references of 1 to 100 accounts."),
    ]
    features: Annotated[
        Annotated[list[Reference], Meta(min_length=1, max_length=MOST)],
        Meta(description="The codes of 1 to 100 features."),
    ]
