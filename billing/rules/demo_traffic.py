"""The demo's hour of calls: the recorded calls, and by a fixed rule the account and the model of each.

The recording names no customer and no model. Both are drawn from SHA-256 of a seed and the call's number, in whole
numbers, so every run on every machine draws the same:

- account n is the client of rank n in `client_hours.csv` and gets that client's share of the calls; the last account
  also gets the shares of all clients below it;
- an account uses three models, drawn from the price list, for 70, 20 and 10 in a hundred of its calls.
"""

import csv
import hashlib
import io
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import accumulate

SEED = "tokendesk demo 1"
MODEL_WEIGHTS = (70, 20, 10)
HOURS = 14 * 24  # of the recording of clients
SHARE_UNITS = 10**4  # the recorded requests have four decimals


@dataclass(frozen=True)
class Call:
    """One recorded call: `offset` since the first, and the text tokens it read and wrote."""

    number: int
    offset: timedelta
    service: str
    context_tokens: int
    generated_tokens: int


@dataclass(frozen=True)
class AssignedCall:
    call: Call
    account: int
    model: str


def read_calls(text: str) -> Iterator[Call]:
    """Parse `llm_calls.csv`, in order of time; the numbers count from 1."""
    for number, row in enumerate(csv.DictReader(io.StringIO(text)), start=1):
        yield Call(
            number,
            timedelta(microseconds=int(row["offset_us"])),
            row["service"],
            int(row["context_tokens"]),
            int(row["generated_tokens"]),
        )


def read_hours(text: str) -> list[tuple[Decimal, ...]]:
    """Parse `client_hours.csv`: requests by hour of two weeks of each client, the largest client first."""
    found: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * HOURS)
    for row in csv.DictReader(io.StringIO(text)):
        found[row["client"]][int(row["hour"])] = Decimal(row["requests"])
    return sorted((tuple(hours) for hours in found.values()), key=sum, reverse=True)


def read_shares(text: str, accounts: int) -> tuple[int, ...]:
    """Requests of the largest clients, largest first, in whole `SHARE_UNITS`; the last has all the rest as well."""
    requests = [int(sum(hours) * SHARE_UNITS) for hours in read_hours(text)]
    return (*requests[: accounts - 1], sum(requests[accounts - 1 :]))


def assign(calls: Iterator[Call], shares: Sequence[int], models: Sequence[str]) -> Iterator[AssignedCall]:
    """Give each call its account (an index into `shares`) and its model."""
    favourites = [favourite_models(account, models) for account in range(len(shares))]
    for call in calls:
        account = pick(f"account {call.number}", shares)
        model = favourites[account][pick(f"model {call.number}", MODEL_WEIGHTS)]
        yield AssignedCall(call, account, model)


def favourite_models(account: int, models: Sequence[str]) -> list[str]:
    """The three models of an account, the one it uses most first."""
    left = list(models)
    return [
        left.pop(pick(f"favourite {account} {place}", [1] * len(left))) for place in range(len(MODEL_WEIGHTS))
    ]


def pick(purpose: str, weights: Sequence[int]) -> int:
    """An index into `weights`, drawn in proportion to them, always the same for one purpose."""
    bounds = list(accumulate(weights))
    return bisect_right(bounds, draw(purpose, bounds[-1]))


def draw(purpose: str, below: int) -> int:
    """A whole number from 0 to `below`, without it, always the same for one purpose."""
    drawn = int.from_bytes(hashlib.sha256(f"{SEED}: {purpose}".encode()).digest()[:8], "big")
    return (drawn * below) >> 64


FEATURE_OF_SERVICE = {"conv": "conversation", "code": "code"}


def debit_body(
    assigned: AssignedCall, *, account: str, prefix: str, hour_begins_at: datetime
) -> dict[str, object]:
    """The call as `POST /debits` takes it: what it read and what it wrote are two items of one debit."""
    call, product = assigned.call, f"{prefix}{FEATURE_OF_SERVICE[assigned.call.service]}"
    quantities = {"input": call.context_tokens, "output": call.generated_tokens}
    return {
        "account": account,
        "occurred_at": (hour_begins_at + call.offset).isoformat(),
        "items": [
            {
                "feature": f"{product}.{feature}",
                "quantity": str(quantity),
                "dimensions": {"model": assigned.model},
            }
            for feature, quantity in quantities.items()
        ],
        "metadata": {"recorded_call": str(call.number)},
    }


def idempotency_key(call: Call) -> str:
    """The same in every replay, so that no call is charged twice."""
    return f"demo-call-{call.number}"
