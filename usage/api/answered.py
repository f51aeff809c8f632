"""The words that answers are spelt in."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Id = Annotated[str, Meta(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", description="A UUID.")]
TokenText = Annotated[str, Meta(pattern=r"^-?[0-9]+\.[0-9]{6}$", description="Tokens, six decimals.")]
AmountText = Annotated[str, Meta(pattern=r"^-?[0-9]+(\.[0-9]+)?$", description="An exact decimal number.")]
Kind = Literal["purchase", "trial", "promo", "included", "adjustment"]


class Answered(Struct, forbid_unknown_fields=True, kw_only=True):
    """An answer: every member it names is always there."""
