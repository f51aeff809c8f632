"""What callers send and are answered where they report usage after the fact."""

from typing import Annotated, Literal

from msgspec import Meta

from config.http.bodies import BATCH_LIMIT
from config.http.operations import Answer, Operation
from config.http.query import NoParameters
from config.http.scalars import Currency, Identifier, Label, Moment, Money, Prose, Quantity, Reference
from config.http.shapes import Open
from usage.api.answered import Answered
from usage.api.answers import Problem
from usage.api.examples import ACCOUNT
from usage.api.requests import References

METERING = "Usage events"
STRUCTURED, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
MOST_EVENTS = 1000


class EventData(Open):
    """What was used. Anything else that it holds is kept."""

    quantity: Annotated[Quantity, Meta(description="How many units of the feature.")]
    dimensions: Annotated[
        References | None, Meta(description="What tells usages apart, such as the model.")
    ] = None
    cost: Annotated[Money | None, Meta(description="What it cost you, in all; with `currency`.")] = None
    currency: Annotated[Currency | None, Meta(description="Of the cost.")] = None


class CloudEvent(Open):
    """An event by CloudEvents 1.0. Extension attributes are kept."""

    specversion: Literal["1.0"]
    id: Annotated[Identifier, Meta(description="Unique with `source` within the account, for good.")]
    source: Annotated[Identifier, Meta(description="Who reports it: a URI reference.")]
    type: Annotated[Reference, Meta(description="The feature's code.")]
    subject: Annotated[Reference, Meta(description="Your own reference of the account.")]
    data: EventData
    time: Annotated[Moment | None, Meta(description="When it was used; now where it is absent.")] = None
    datacontenttype: Annotated[Label | None, Meta(description="JSON, where it is said at all.")] = None
    dataschema: Annotated[Prose | None, Meta(description="Kept.")] = None


class RejectedEvent(Answered):
    """index: of the event in what was sent, from 0."""

    index: int
    problem: Problem


class EventsTaken(Answered):
    """What became of the events. What was accepted is durable."""

    accepted: int
    duplicates: int
    rejected: list[RejectedEvent]


EVENT = {
    "specversion": "1.0",
    "id": "r-9",
    "source": "/gateway/eu-1",
    "type": "chat.output",
    "subject": ACCOUNT,
    "time": "2026-11-22T10:00:00Z",
    "data": {
        "quantity": "211",
        "dimensions": {"model": "gpt-4o"},
        "cost": "0.00211",
        "currency": "USD",
        "session": "s-4",
    },
}
TAKEN = {"accepted": 1, "duplicates": 0, "rejected": []}

REPORT = Operation[CloudEvent, NoParameters](
    "report",
    METERING,
    "Report usage after the fact",
    [Answer(202, "Kept for good, and rated in the background.", EventsTaken, example=TAKEN)],
    scope="events",
    description="One CloudEvent, or up to 1,000 as `application/cloudevents-batch+json`, or one in binary mode: "
    "`ce-` headers and the data as `application/json`. A fault of one of many never touches its neighbours: it stands "
    "in `rejected`. The same event again counts as a duplicate and is charged once. Usage that was reported is always "
    "booked, whatever the policy says; an event whose account, feature or rate is not known yet waits for it.",
    body=CloudEvent,
    body_limit=BATCH_LIMIT,
    body_media_type=STRUCTURED,
    other_bodies={BATCH: list[CloudEvent]},
    body_example=EVENT,
)
