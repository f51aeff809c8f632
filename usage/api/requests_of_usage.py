"""What callers ask about usage."""

from typing import Annotated, Literal

from msgspec import Meta, field

from config.http.scalars import Moment, Reference, TimeZone
from usage.api.requests import PageQuery


class UsageQuery(PageQuery):
    """Sums of usage: of whom, over which time, and by what they are told apart."""

    account: Annotated[Reference | None, Meta(description="Whose usage; everybody's where it is absent.")] = (
        None
    )
    since: Annotated[Moment | None, Meta(description="From when; 30 days before `to` by default.")] = field(
        name="from", default=None
    )
    until: Annotated[Moment | None, Meta(description="Until when; now by default.")] = field(
        name="to", default=None
    )
    group_by: Annotated[
        str,
        Meta(
            max_length=1000,
            description="By what it is told apart, separated by commas: `feature`, `product`, `account`, `token`, "
            "`subject.user`, `subject.team`, `dimension.<name>`, `hour`, `day`, `month`. All in one if absent.",
        ),
    ] = ""
    by: Annotated[
        Literal["occurred_at", "recorded_at"],
        Meta(description="By which instant usage is counted; `occurred_at` by default."),
    ] = "occurred_at"
    tz: Annotated[
        TimeZone | None, Meta(description="Whose hours, days and months groups of time are; UTC by default.")
    ] = None
    token: Annotated[Reference | None, Meta(description="Usage charged in this token unit alone.")] = None
