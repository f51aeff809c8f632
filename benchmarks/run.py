"""`make bench`: measures what the product promises, all in one run, and prints it as ratios.

python -m benchmarks.run [--quick] [--only speed,events,telling,consumption,growth,rehearsal] [--entries 5000000]
"""

import argparse
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from benchmarks import rehearsal, report
from benchmarks.consumption import Consumption
from benchmarks.growth import OLD, YOUNG, Growth
from benchmarks.metering import Metering
from benchmarks.report import Row, Samples
from benchmarks.rounds import Rounds
from benchmarks.seed import Seeded, compiled_request, seed
from benchmarks.stack import Ground
from benchmarks.telling import Telling
from config.embedded.addresses import ROOT
from config.embedded.postgres import DATABASE

PRISTINE = "pristine"
SETTLING_SECONDS = 20
console = Console(highlight=False, width=max(Console().width, 100))


def main() -> int:
    options = arguments()
    begun = time.monotonic()
    ground = Ground(options.folder)
    ground.wipe()
    os.environ |= ground.environment() | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    rows: list[Row] = []
    samples: Samples = {}
    seeded, request = prepare(ground, options.accounts, rows)
    if "speed" in options.only:
        measure_speed(ground, seeded, request, options, rows, samples)
    if "events" in options.only:
        measure_events(ground, seeded, request, options, rows, samples)
    if "telling" in options.only:
        measure_telling(ground, seeded, request, options, rows, samples)
    if "consumption" in options.only:
        measure_consumption(ground, seeded, request, options, rows, samples)
    if "growth" in options.only:
        measure_growth(ground, request, options, rows, samples)
    if "rehearsal" in options.only:
        measure_rehearsal(ground, request, options, rows)
    report.show(rows, samples, console)
    console.print(
        f"{'Quick run: samples too short to judge by. ' if options.quick else ''}"
        f"Took {(time.monotonic() - begun) / 60:.0f} minutes."
    )
    kept = {name: [asdict(sample) for sample in taken] for name, taken in samples.items()}
    told = {"promises": [asdict(row) for row in rows], "samples": kept}
    (options.folder / "results.json").write_text(json.dumps(told, indent=1))
    return 0 if options.quick or all(row.is_kept is not False for row in rows) else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quick", action="store_true", help="short samples and a small ledger, to try it out"
    )
    parts = ["speed", "events", "telling", "consumption", "growth", "rehearsal"]
    parser.add_argument("--only", type=lambda text: text.split(","), default=parts)
    parser.add_argument("--samples", type=int, help="of each kind (5; quick 3)")
    parser.add_argument("--seconds", type=int, help="a sample (10; quick 3)")
    parser.add_argument("--accounts", type=int, help="wallets (10,000; quick 1,000)")
    parser.add_argument("--entries", type=int, help="of the old ledger (5,000,000; quick 100,000)")
    parser.add_argument("--folder", type=Path, default=ROOT / ".data" / "bench", help="wiped at the start")
    options = parser.parse_args()
    usual = (3, 3, 1_000, 100_000) if options.quick else (5, 10, 10_000, 5_000_000)
    for name, value in zip(("samples", "seconds", "accounts", "entries"), usual, strict=True):
        if getattr(options, name) is None:
            setattr(options, name, value)
    options.folder = options.folder.absolute()
    return options


def prepare(ground: Ground, accounts: int, rows: list[Row]) -> tuple[Seeded, str]:
    """Start the product once, weigh it, fill it, and keep a copy of its database as it was then."""
    console.print("Starting the product …")
    with ground.everything() as product:
        time.sleep(SETTLING_SECONDS)
        rows.append(report.memory_row(product.megabytes()))
        console.print(f"Seeding {accounts:,} accounts over HTTP …")
        seeded = seed(product, accounts)
        setup_django()
        request = compiled_request(seeded)
    with ground.postgres_alone():
        ground.clone(DATABASE, PRISTINE)
    return seeded, request


def setup_django() -> None:
    import django

    django.setup()


def measure_speed(
    ground: Ground,
    seeded: Seeded,
    request: str,
    options: argparse.Namespace,
    rows: list[Row],
    samples: Samples,
) -> None:
    with ground.everything() as product:
        rounds = Rounds(product, seeded, request, options.seconds)
        rounds.prepare()
        rounds.run(options.samples, console.print)
        samples |= rounds.samples
        rows += report.speed_rows(rounds.samples)
        rows.append(audited(ground, DATABASE))


def measure_events(
    ground: Ground,
    seeded: Seeded,
    request: str,
    options: argparse.Namespace,
    rows: list[Row],
    samples: Samples,
) -> None:
    with ground.everything() as product:
        metering = Metering(Rounds(product, seeded, request, options.seconds))
        metering.run(options.samples, console.print)
        rows += report.events_rows(metering.samples)
        rows.append(audited(ground, DATABASE))
        metering.samples.pop("function")  # told with the others, where they were measured
        samples |= metering.samples


def measure_telling(
    ground: Ground,
    seeded: Seeded,
    request: str,
    options: argparse.Namespace,
    rows: list[Row],
    samples: Samples,
) -> None:
    with ground.everything() as product:
        telling = Telling(Rounds(product, seeded, request, options.seconds))
        telling.run(options.samples, console.print)
        rows += report.telling_rows(telling.samples)
        rows.append(audited(ground, DATABASE))
        telling.samples.pop("function")  # told with the others, where they were measured
        samples |= telling.samples


def measure_consumption(
    ground: Ground,
    seeded: Seeded,
    request: str,
    options: argparse.Namespace,
    rows: list[Row],
    samples: Samples,
) -> None:
    with ground.everything() as product:
        consumption = Consumption(Rounds(product, seeded, request, options.seconds))
        consumption.run(options.samples, console.print)
        samples |= consumption.samples
        rows += report.consumption_rows(consumption.samples, consumption.matrix_milliseconds())
        rows.append(audited(ground, DATABASE))


def measure_growth(
    ground: Ground, request: str, options: argparse.Namespace, rows: list[Row], samples: Samples
) -> None:
    with ground.postgres_alone() as postgres:
        debits = 1_000 * options.seconds
        growth = Growth(ground, postgres, PRISTINE, request, options.accounts, options.entries, debits)
        growth.grow(console.print)
        growth.age(options.samples, console.print)
        rows.append(audited(ground, OLD))
        growth.spend()
        growth.grants(options.samples, console.print)
        rows.append(audited(ground, YOUNG))
        samples |= growth.samples
        rows += report.growth_rows(growth.samples, options.entries)


def measure_rehearsal(ground: Ground, request: str, options: argparse.Namespace, rows: list[Row]) -> None:
    sizes = (25_000, 100_000) if options.quick else (250_000, 1_000_000)
    with ground.postgres_alone():
        found = rehearsal.measured(
            ground,
            PRISTINE,
            request,
            accounts=options.accounts,
            sizes=sizes,
            samples=min(options.samples, 3),
            say=console.print,
        )
        rows += report.rehearsal_rows(found["lines"], found["seconds"])
        rows.append(audited(ground, rehearsal.LARGE))


def audited(ground: Ground, database: str) -> Row:
    console.print(f"Auditing {database} …")
    done = ground.manage("audit", database=database)
    return report.audit_row(database, "clean" if done.returncode == 0 else done.stdout + done.stderr)


if __name__ == "__main__":
    sys.exit(main())
