"""Turns samples into the table of promises: each a ratio of numbers taken in the same run."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks.growth import dearer
from benchmarks.rehearsal import LARGE, SMALL
from benchmarks.rounds import Sample

Samples = dict[str, list[Sample]]


@dataclass(frozen=True)
class Row:
    """One promise. `is_kept` None: no bound, told for its own sake."""

    what: str
    bound: str
    measured: str
    is_kept: bool | None


def ratio(samples: Samples, numerator: str, denominator: str) -> float:
    """The median of the ratios of throughput, sample by sample."""
    pairs = zip(samples[numerator], samples[denominator], strict=True)
    return median(one.a_second / other.a_second for one, other in pairs)


def speed_rows(samples: Samples) -> list[Row]:
    function = ratio(samples, "function", "tpcb")
    many = ratio(samples, "http_many", "function")
    hot = ratio(samples, "http_hot", "http_many")
    batch = ratio(samples, "http_batch", "function")
    p99 = median(sample.p99 for sample in samples["http_hot"])
    pairs = list(zip(samples["http_many"], samples["function"], strict=True))
    postgres = median(http.postgres_cpu / alone.postgres_cpu for http, alone in pairs)
    python = median(http.python_cpu / alone.postgres_cpu for http, alone in pairs)
    return [
        Row("debit function against TPC-B-like", "≥ 0.7×", f"{function:.2f}×", function >= 0.7),
        Row("POST /debits, many wallets, against the function", "≥ 0.50×", f"{many:.2f}×", many >= 0.5),
        Row(
            "POST /debits, one hot wallet, against many",
            "≥ 0.9×, p99 ≤ 25 ms",
            f"{hot:.2f}×, {p99:.1f} ms",
            hot >= 0.9 and p99 <= 25,
        ),
        Row("POST /debits/batch of 100, against the function", "≥ 1.8×", f"{batch:.2f}×", batch >= 1.8),
        Row("PostgreSQL's CPU a debit over HTTP", "≤ 1.2×", f"{postgres:.2f}×", postgres <= 1.2),
        Row("Python's CPU a debit over HTTP", "≤ 3×", f"{python:.2f}×", python <= 3),
        *(_told_apart(samples, name, what) for name, what in TOLD_APART.items() if name in samples),
    ]


TOLD_APART = {
    "http_tiered": "rates by tiers, against plain ones",
    "http_models": "a match among 1,000 rows by model, against plain ones",
    "http_formula": "rates by a formula, against plain ones",
}


def _told_apart(samples: Samples, name: str, what: str) -> Row:
    """What other rates cost: throughput as a ratio, and the CPU they add."""
    pairs = list(zip(samples[name], samples["http_many"], strict=True))
    postgres = median(one.postgres_cpu - other.postgres_cpu for one, other in pairs)
    python = median(one.python_cpu - other.python_cpu for one, other in pairs)
    measured = f"{ratio(samples, name, 'http_many'):.2f}× (CPU {postgres:+.0f} µs, Python {python:+.0f} µs)"
    return Row(what, "none", measured, None)


def growth_rows(samples: Samples, entries: int) -> list[Row]:
    rows = []
    for what, before, after in (
        (f"a debit on {entries:,} entries against 10,000", "young", "old"),
        ("a debit after 3,000 spent grants against 3", "few_grants", "many_grants"),
    ):
        time, cpu = dearer(samples, before, after)
        rows.append(Row(what, "≤ 1.15×", f"{time:.2f}× (CPU {cpu:.2f}×)", time <= 1.15))
    return rows


def events_rows(samples: Samples) -> list[Row]:
    """What taking usage events in and booking them comes to, beside the function that charges a debit of two lines."""
    rows = []
    for name, what, bound in (
        ("events_in", "POST /events of 1,000, against the function", 3.0),
        ("events_booked", "usage events booked by one worker, against the function", 1.0),
    ):
        a_second = median(sample.a_second for sample in samples[name])
        against = ratio(samples, name, "function")
        rows.append(
            Row(what, f"≥ {bound:.1f}×", f"{against:.2f}× ({a_second:,.0f} a second)", against >= bound)
        )
    return rows


def telling_rows(samples: Samples) -> list[Row]:
    """What orders told by outside systems come to, beside the function that charges a debit of two lines."""
    rows = []
    for name, what in (
        ("told", "POST /connections/…/events, against the function"),
        ("applied", "told orders placed by one worker, against the function"),
    ):
        a_second = median(sample.a_second for sample in samples[name])
        against = ratio(samples, name, "function")
        rows.append(Row(what, "none", f"{against:.3f}× ({a_second:,.0f} a second)", None))
    return rows


def consumption_rows(samples: Samples, matrix_milliseconds: float) -> list[Row]:
    """What rules and holds cost beside a bare debit, and the time of the matrix of entitlements."""
    ruled = 1 / ratio(samples, "ruled", "bare")
    over_http = 1 / ratio(samples, "http_ruled", "http_bare")
    pairs = zip(samples["alone_ruled"], samples["alone_bare"], strict=True)
    alone = median(one.p50 / other.p50 for one, other in pairs)
    holds = ratio(samples, "holds", "bare")
    rules = "under a ladder, two budgets and an allowance, against a bare one"
    return [
        Row(f"a debit over HTTP {rules}", "≤ 1.6×", f"{over_http:.2f}×", over_http <= 1.6),
        Row(f"the time of one call at a time {rules}", "≤ 1.5×", f"{alone:.2f}×", alone <= 1.5),
        Row(f"the debit function {rules}", "none", f"{ruled:.2f}×", None),
        Row("the hold function, against the debit function", "≥ 0.4×", f"{holds:.2f}×", holds >= 0.4),
        Row(
            "entitlements of 100 accounts and 100 features",
            "< 150 ms",
            f"{matrix_milliseconds:.0f} ms",
            matrix_milliseconds < 150,
        ),
    ]


def rehearsal_rows(lines: Mapping[str, int], seconds: Mapping[str, float]) -> list[Row]:
    """The time of a million lines, and that a line of many costs what one of few does."""
    many, few = lines[LARGE], lines[SMALL]
    a_line = {name: seconds[name] / lines[name] for name in (LARGE, SMALL)}
    dearer = a_line[LARGE] / a_line[SMALL]
    a_million = {name: seconds[name] / many * 1_000_000 for name in (LARGE, "tiers", "formulas")}
    names = {LARGE: "other prices", "tiers": "tiers", "formulas": "formulas"}
    return [
        *(
            Row(
                f"rehearsal of {names[name]}, a million lines (of {many:,})",
                "< 60 s",
                f"{took:.1f} s",
                took < 60,
            )
            for name, took in a_million.items()
        ),
        Row(
            f"a rehearsed line of {many:,} against one of {few:,}",
            "≤ 1.25×",
            f"{dearer:.2f}×",
            dearer <= 1.25,
        ),
    ]


def memory_row(megabytes: float) -> Row:
    return Row("memory of the whole stack, idle", "< 450 MB", f"{megabytes:,.0f} MB", megabytes < 450)


def audit_row(name: str, verdict: str) -> Row:
    return Row(f"audit of {name}", "clean", verdict, verdict == "clean")


def show(rows: list[Row], samples: Samples, console: Console) -> None:
    """Print the promises, then the medians they were taken from."""
    promises = Table("what", "bound", "measured", "", title="Promises")
    for row in rows:
        mark = {True: "[green]kept[/]", False: "[red]missed[/]", None: "–"}[row.is_kept]
        promises.add_row(row.what, row.bound, row.measured, mark)
    console.print(promises)
    numbers = Table("medians of", "samples", title="What they were taken from")
    for column in ("a second", "p50 ms", "p99 ms", "PostgreSQL µs", "Python µs", "load µs"):
        numbers.add_column(column, justify="right")
    for name, taken in samples.items():
        fields = ("a_second", "p50", "p99", "postgres_cpu", "python_cpu", "load_cpu")
        values = [median(getattr(sample, field) for sample in taken) for field in fields]
        numbers.add_row(name, str(len(taken)), *(f"{value:,.1f}" if value else "" for value in values))
    console.print(numbers)
