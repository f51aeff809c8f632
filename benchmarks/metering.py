"""Usage events: how fast they are taken in while nobody books them, and how fast one worker books them then."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.backlog import hold, worked_off
from benchmarks.rounds import Rounds, Sample
from benchmarks.seed import MODEL

EVENTS_A_CALL = 1_000
CONNECTIONS = 4
MEDIA_TYPE = "application/cloudevents-batch+json"
LEFT = "SELECT count(*) FROM usage_waitingevent WHERE reason = ''"
STUCK = "SELECT count(*) FROM usage_waitingevent WHERE reason <> ''"


@dataclass
class Metering:
    """Samples in turn: the debit's function, events coming in, and the same events being booked."""

    rounds: Rounds
    samples: dict[str, list[Sample]] = field(default_factory=dict)

    def run(self, times: int, say: Callable[[str], None]) -> None:
        for number in range(1, times + 1):
            for name, take in (
                ("function", self.rounds.function),
                ("events_in", self.taken_in),
                ("events_booked", self.booked),
            ):
                sample = take()
                self.samples.setdefault(name, []).append(sample)
                say(f"  {number}/{times} {name:<13} {sample.a_second:8,.0f} a second")

    def taken_in(self) -> Sample:
        """A thousand events of a thousand accounts a call, while the worker stands still."""
        accounts = self.rounds.seeded.accounts
        bodies = [
            json.dumps([event(1 + (first + n) % accounts) for n in range(EVENTS_A_CALL)])
            for first in range(0, accounts, EVENTS_A_CALL)
        ]
        hold(self.rounds.product)
        return self.rounds.http(
            "/api/v1/events",
            bodies,
            CONNECTIONS,
            debits_a_call=EVENTS_A_CALL,
            media_type=MEDIA_TYPE,
            confirmation=f'"accepted":{EVENTS_A_CALL},"duplicates":0,"rejected":[]',
            confirmations=1,
        )

    def booked(self) -> Sample:
        """All that was taken in, by the one worker that ships."""
        return worked_off(self.rounds.product, LEFT, STUCK)


def event(account: int) -> dict[str, object]:
    """One event; `@` stands for an id never used before."""
    data = {"quantity": "211", "dimensions": MODEL, "cost": "0.00211", "currency": "USD"}
    return {
        "specversion": "1.0",
        "id": "@",
        "source": "/gateway/eu-1",
        "type": "chat.output",
        "subject": f"bench-{account}",
        "data": data,
    }
