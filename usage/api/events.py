"""Metering after the fact: usage events."""

from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter

from config.http import problems
from config.http.views import answer
from config.kernel.errors import DomainError, InvalidRequest
from usage.api import bell, cloud_events, operations_of_events
from usage.api.caller import KeyedView
from usage.rules.events import SentEvent
from usage.services import accepting

TAKEN = Counter("tokendesk_events_total", "Usage events that were sent, by what became of them.", ["outcome"])


class Events(KeyedView):
    operations = {"POST": operations_of_events.REPORT}

    def post(self, request: HttpRequest) -> HttpResponse:
        sent = cloud_events.take(request)
        read = [_read(row, is_batch=sent.is_batch) for row in sent.rows]
        places = [place for place, each in enumerate(read) if isinstance(each, SentEvent)]
        done = accepting.accept(
            [each for each in read if isinstance(each, SentEvent)],
            product_id=self.caller.product_id,
            api_key_id=self.caller.api_key_id,
        )
        if done.accepted:
            bell.EVENTS.ring()
        refused: dict[int, DomainError] = {
            place: each for place, each in enumerate(read) if isinstance(each, InvalidRequest)
        }
        refused |= {places[place]: refusal for place, refusal in done.rejected.items()}
        rejected = [
            {"index": place, "problem": problems.members(refused[place])} for place in sorted(refused)
        ]
        _count(accepted=done.accepted, duplicate=done.duplicates, rejected=len(rejected))
        told = {"accepted": done.accepted, "duplicates": done.duplicates, "rejected": rejected}
        return answer(told, 202)


def _read(row: object, *, is_batch: bool) -> SentEvent | InvalidRequest:
    """The event, or what is wrong with one of many. One alone that is malformed is refused as any body is."""
    try:
        return cloud_events.read(row)
    except InvalidRequest as refusal:
        if not is_batch:
            raise
        return refusal


def _count(**outcomes: int) -> None:
    for outcome, count in outcomes.items():
        TAKEN.labels(outcome).inc(count)
