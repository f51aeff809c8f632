"""How long a rehearsal takes: the same accounts with a quarter of a million lines and with a million.

Run as a module it rehearses once, in the database of the environment, and prints the seconds as JSON.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from statistics import median
from typing import Any

from benchmarks import ageing
from benchmarks.growth import charge_each_account
from benchmarks.stack import Ground

SMALL, LARGE = "rehearsed_small", "rehearsed_large"
LINES_A_DEBIT = 2
KINDS = ("prices", "tiers", "formulas")


def debits_each(lines: int, accounts: int) -> int:
    """Debits of each account that make about so many lines."""
    return max(1, round(lines / accounts / LINES_A_DEBIT))


def fill(ground: Ground, pristine: str, database: str, request: str, accounts: int, lines: int) -> int:
    """Make a database with about so many lines; answers how many."""
    times = debits_each(lines, accounts)
    ground.clone(pristine, database)
    with ground.superuser(database) as connection:
        charge_each_account(connection, json.loads(request))
    ageing.repeat_debits(lambda: ground.superuser(database), accounts=accounts, times=times - 1)
    with ground.superuser(database) as connection:
        connection.execute("VACUUM ANALYZE")
    return times * accounts * LINES_A_DEBIT


def seconds(ground: Ground, database: str, kind: str) -> float:
    """Rehearse once in a process of its own, as a worker does."""
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.rehearsal", kind]
    done = subprocess.run(
        command, env=ground.environment(database), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"A rehearsal failed:\n{done.stdout}{done.stderr}")
    return float(json.loads(done.stdout)["seconds"])


def measured(
    ground: Ground,
    pristine: str,
    request: str,
    *,
    accounts: int,
    sizes: tuple[int, int],
    samples: int,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Seconds of rehearsals of both sizes, in turn, and of the large one by tiers and by formulas."""
    lines = {
        name: fill(ground, pristine, name, request, accounts, size)
        for name, size in zip((SMALL, LARGE), sizes, strict=True)
    }
    taken: dict[str, list[float]] = {SMALL: [], LARGE: [], "tiers": [], "formulas": []}
    for number in range(1, samples + 1):
        for name in (SMALL, LARGE):
            taken[name].append(seconds(ground, name, "prices"))
        for kind in KINDS[1:]:
            taken[kind].append(seconds(ground, LARGE, kind))
        told = ", ".join(f"{name} {each[-1]:.1f} s" for name, each in taken.items())
        say(f"  {number}/{samples} rehearsals: {told}")
    return {"lines": lines, "seconds": {name: median(each) for name, each in taken.items()}, "samples": taken}


def rehearse_once(kind: str) -> float:
    """Draft other prices for the benchmark's table and rehearse them on all its usage."""
    import django

    django.setup()
    from datetime import timedelta

    from pricing.models import RateTable, Version
    from pricing.queries.versions import draft_of, rows_of
    from pricing.rules.rows import RateRow
    from pricing.rules.tiers import Tier
    from pricing.services import drafting
    from usage.models import Rehearsal
    from usage.queries.moments import database_clock
    from usage.services import rehearsing

    def other(row: RateRow) -> RateRow:
        if kind in KINDS[1:] and (row.formula or row.tiers):
            return row
        if kind == "tiers":
            beyond = Tier(Decimal(10_000), row.tokens / 2, row.per)
            return replace(row, tier_mode="graduated", tiers=(beyond,))
        if kind == "formulas":
            return replace(row, formula="ceil(quantity / 1000) * 20", tokens=Decimal(0), per=Decimal(1))
        return replace(row, tokens=row.tokens * 2)

    table = RateTable.objects.get(code="standard")
    live = Version.objects.published().filter(table=table).latest("number")
    draft = draft_of(table.pk) or drafting.draft_from(version=live)
    draft = drafting.replace_rates(draft=draft, rows=[other(row) for row in rows_of(live)], revision=None)
    now = database_clock()
    asked = rehearsing.ask(version=draft, since=now - timedelta(days=30), until=now)
    begun = time.monotonic()
    while rehearsing.work(asked.pk, 10):
        pass
    took = time.monotonic() - begun
    told = Rehearsal.objects.get(pk=asked.pk)
    if not told.is_done or not told.lines_done:
        raise SystemExit(f"The rehearsal is {told.state} after {told.lines_done} lines: {told.fault}")
    return took


if __name__ == "__main__":
    print(json.dumps({"seconds": rehearse_once(sys.argv[1])}))
