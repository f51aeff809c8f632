"""A process of its own that debits until its input ends: `python -m usage.tests.debiting_process ORDER`.

ORDER is JSON: account, product, api_key, feature. Every debit is one line of output when all is over: when it was
called and answered (seconds of the clock that all processes share), and its tokens or the code of its refusal.
"""

from __future__ import annotations

import hashlib
import json
import os
import select
import sys
import time
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from config.kernel.errors import DomainError
    from usage.rules.orders import DebitOrder, Item
    from usage.services import metering

    asked = json.loads(sys.argv[1])
    lines: list[tuple[float, float, str]] = []
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while not select.select([sys.stdin], [], [], 0)[0]:
        key = uuid4().hex
        order = DebitOrder(
            account=asked["account"],
            product_id=asked["product"],
            api_key_id=asked["api_key"],
            key=key,
            fingerprint=hashlib.sha256(key.encode()).digest(),
            items=(Item(asked["feature"], Decimal(1), {}),),
            received_at=datetime.now(UTC),
        )
        called_at = time.monotonic()
        try:
            told = str(metering.charge(order).tokens)
        except DomainError as refusal:
            told = refusal.code
        lines.append((called_at, time.monotonic(), told))
        time.sleep(0.003)  # four processes leave some of a processor to the publishes
    sys.stdout.write(json.dumps(lines))


if __name__ == "__main__":
    main()
