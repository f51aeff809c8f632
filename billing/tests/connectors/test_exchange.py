"""What a status asks for, whatever the vendor writes beside it."""

from __future__ import annotations

import pytest

from billing.connectors.exchange import UNSAID_REST, Reply, settled
from billing.rules.connecting import Later


@pytest.mark.parametrize(
    ("said", "rest"),
    [
        ("7", 7),
        ("Thu, 01 Jan 1970 00:01:00 GMT", 50),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("Thu, 01 Jan 99999999999999999999 00:00:00 GMT", UNSAID_REST),
    ],
)
def test_a_pause_is_a_day_at_most(said: str, rest: float) -> None:
    with pytest.raises(Later) as asked:
        settled(Reply(429, {"retry-after": said}, b"", 1), now_seconds=10)

    assert asked.value.seconds == rest
