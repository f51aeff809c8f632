"""How long roll-ups take: usage of 90 days rolled up, and what charts and `GET /usage` ask of it.

    python -m benchmarks.rollups --lines 10000000

Half of the lines are of one account, the others of the rest; five features, four models, fifty users. They are written
by plain SQL, without claims and entries, since roll-ups read debits and lines alone.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import django
import psycopg

from benchmarks.seed import charge_once, seed
from benchmarks.stack import Ground
from config.embedded.addresses import ROOT
from config.embedded.postgres import DATABASE

LINES_A_DEBIT = 2
A_LOAD = 500_000
ASKED = 7
HEAVY = "bench-1"

_DEBITS = """
    INSERT INTO usage_debit (
        id, account_id, wallet_id, product_id, key, api_key_id, table_id, version_id, unit_id, epoch, outcome, tokens,
        overage, available_after, held_after, overage_after, notices, subject, metadata, occurred_at, recorded_at)
    SELECT uuidv7(o.at - now()), a.id, a.wallet_id, o.product_id, 'bench-' || n, o.api_key_id, o.table_id, o.version_id,
           o.unit_id, o.epoch, 'charged',
           3, 0, 0, 0, 0, '{}', jsonb_build_object('user', 'u-' || n %% 50), NULL, o.at, o.at
    FROM (SELECT d.*, n, now() - interval '90 days' * (1 - n::float8 / %(many)s) AS at
          FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n,
               (SELECT * FROM usage_debit ORDER BY id LIMIT 1) AS d) AS o
    JOIN (SELECT a.id, w.id AS wallet_id, row_number() OVER (ORDER BY reference <> %(heavy)s, a.id) - 1 AS place,
                 count(*) OVER () AS many
          FROM wallets_account a JOIN wallets_wallet w ON w.account_id = a.id) AS a
        ON a.place = CASE WHEN n %% 2 = 0 THEN 0 ELSE 1 + n / 2 %% greatest(a.many - 1, 1) END
"""
_LAST = "SELECT id FROM usage_debit WHERE key LIKE 'bench-%' ORDER BY id DESC LIMIT 1"
_LINES = """
    INSERT INTO usage_debitline (
        debit_id, account_id, position, feature_id, quantity, covered_quantity, tokens, rate_id, dimensions)
    SELECT d.id, d.account_id, p, f.ids[1 + (substr(d.key, 7)::bigint + p) %% least(5, cardinality(f.ids))],
           10 * p, 0, 1.5, f.rate, jsonb_build_object('model', 'm-' || substr(d.key, 7)::bigint %% 4)
    FROM usage_debit d, generate_series(1, 2) AS p,
         (SELECT (SELECT array_agg(id ORDER BY id) FROM pricing_feature) AS ids,
                 (SELECT min(rate_id) FROM usage_debitline) AS rate) AS f
    WHERE d.key LIKE 'bench-%%' AND d.id > %(after)s
"""


def fill(connection: psycopg.Connection[Any], lines: int, heavy: str = HEAVY) -> None:
    """Write debits of two lines each, modelled on the first debit, one after the other through 90 days.

    The connection may look past triggers.
    """
    connection.execute("SET session_replication_role = replica")
    many = lines // LINES_A_DEBIT
    for first in range(1, many + 1, A_LOAD):
        last = min(first + A_LOAD - 1, many)
        after = connection.execute(_LAST).fetchone()
        connection.execute(_DEBITS, {"first": first, "last": last, "many": many, "heavy": heavy})
        connection.execute(_LINES, {"after": after[0] if after else UUID(int=0)})
        connection.commit()
    connection.execute("SET session_replication_role = origin")
    connection.commit()


def rolled(most: int | None = None) -> dict[str, float]:
    """Roll all of it up, in the database that Django has: seconds, and how many quarters of an hour came of it.

    most: debits that one transaction takes, if not as many as the product's.
    """
    from usage.models import RollUps, UsageSlot
    from usage.services import rolling

    rolling.begin_anew()  # identities are of the time that the rows tell, before what was read already
    begun = time.monotonic()
    while rolling.roll(60, most or rolling.A_SLICE) or RollUps.objects.get().until is not None:
        pass
    return {"rolled up": time.monotonic() - begun, "quarters": float(UsageSlot.objects.count())}


def answered(heavy: str = HEAVY) -> dict[str, float]:
    """Ask what charts ask; the median of a few, in seconds. The checks of the audit are asked once."""
    from usage.queries.moments import database_clock
    from usage.queries.usage_reader import usage_reader
    from usage.rules.usage_asked import UsageQuestion
    from wallets.models import Account

    until, own = database_clock(), frozenset({Account.objects.get(reference=heavy).pk})
    ninety, fortnight = until - timedelta(days=90), until - timedelta(days=14)
    questions = {
        "one account by feature and hour, 90 days": UsageQuestion(ninety, until, ("feature", "hour"), own),
        "one account by feature and day, 90 days": UsageQuestion(ninety, until, ("feature", "day"), own),
        "one account by day of Kolkata, 90 days": UsageQuestion(
            ninety, until, ("day",), own, zone="Asia/Kolkata"
        ),
        "one account by user and day, 90 days": UsageQuestion(ninety, until, ("subject.user", "day"), own),
        "all accounts by product and day, 14 days": UsageQuestion(fortnight, until, ("product", "day")),
        "all accounts by account, 90 days": UsageQuestion(ninety, until, ("account",)),
    }
    told = {}
    for name, question in questions.items():
        told[name] = _seconds(lambda question=question: usage_reader().rows(question))  # type: ignore[misc]
    return told | _audited()


def _audited() -> dict[str, float]:
    """How long the checks of roll-ups take.

    Raises SystemExit where one finds a lie.
    """
    from billing.services import auditing
    from usage.queries.audit_rollups import ROLLUPS

    report = auditing.examine([check.name for check in ROLLUPS])
    if not report.is_clean:
        raise SystemExit(f"The roll-ups lie: {[finding.lies[:3] for finding in report.lies]}")
    return {f"audit of {each.check.name}": each.seconds for each in report.findings}


def _seconds(ask: Callable[[], object]) -> float:
    taken = []
    for _ in range(ASKED):
        begun = time.monotonic()
        ask()
        taken.append(time.monotonic() - begun)
    return median(taken)


def main() -> int:
    options = _arguments()
    if options.step:
        django.setup()
        print(json.dumps(STEPS[options.step](), indent=1))
        return 0
    ground = Ground(options.folder)
    ground.wipe()
    with ground.everything() as product:
        charge_once(product, seed(product, options.accounts))
    with ground.postgres_alone():
        with ground.superuser(DATABASE) as connection:
            fill(connection, options.lines)
        _step(ground, "roll")
        with ground.superuser(DATABASE) as connection:
            connection.autocommit = True
            connection.execute("VACUUM ANALYZE")
        _step(ground, "ask")
    return 0


def _step(ground: Ground, name: str) -> None:
    """One step, by the app role, in a process that knows the database."""
    words = [sys.executable, "-W", "ignore", "-m", "benchmarks.rollups", "--step", name]
    environment = ground.environment() | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    subprocess.run(words, env=environment, check=True)


STEPS: dict[str, Callable[[], dict[str, float]]] = {"roll": rolled, "ask": answered}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--accounts", type=int, default=1000)
    parser.add_argument("--folder", type=Path, default=ROOT / ".data" / "bench", help="wiped at the start")
    parser.add_argument("--step", choices=sorted(STEPS), help="one step in the database of the environment")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
