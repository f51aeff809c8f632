"""What callers send of orders."""

from typing import Annotated, Literal

from msgspec import Meta

from config.http.scalars import Currency, Moment, Money, Quantity, Reference, Whole
from config.http.shapes import Shape

MOST_LINES = 100


class OrderLineRequest(Shape):
    """One thing that was sold."""

    sku: Annotated[Reference, Meta(description="The code of what was sold.")]
    line: Annotated[
        Reference | None,
        Meta(description="What the line is called in all versions; by default its position, from 1."),
    ] = None
    quantity: Annotated[Quantity | None, Meta(description="1 by default.")] = None
    amount: Annotated[
        Money | None,
        Meta(
            description="What is paid for the whole line, of one period where it has periods; by default the list "
            "price × the quantity."
        ),
    ] = None
    currency: Annotated[
        Currency | None,
        Meta(description="Of the amount, which any other than the list price's needs beside it."),
    ] = None
    ends_at: Annotated[
        Moment | None, Meta(description="When what it gives ends; by default by the terms of what was sold.")
    ] = None


class OrderRequest(Shape):
    external_id: Annotated[
        Reference,
        Meta(description="The order's name in the system that sold it, unique in the installation."),
    ]
    account: Annotated[Reference, Meta(description="Who bought.")]
    lines: Annotated[
        Annotated[list[OrderLineRequest], Meta(min_length=1, max_length=MOST_LINES)],
        Meta(description="All that the order is about; a line that a later version leaves out is cancelled."),
    ]
    version: Annotated[Whole | None, Meta(description="1 by default; the highest holds.")] = None
    state: Annotated[Literal["active", "cancelled"] | None, Meta(description="`active` by default.")] = None
    starts_at: Annotated[
        Moment | None,
        Meta(description="Now by default, at most 35 days back; later lines start in their time."),
    ] = None
    billing: Annotated[
        Literal["invoice", "external"] | None,
        Meta(
            description="Who asks for the money: invoices made here, or another system. By default as the version "
            "before said, else as the account is billed, else by invoices made here."
        ),
    ] = None
