"""Derive the data that Tokendesk ships for its demo from the three public sources it comes from.

    python benchmarks/derive_data.py SOURCES billing/data

SOURCES is a folder that holds, as their publishers name them,

- ``litellm_model_prices_1.109.1.json``: ``model_prices_and_context_window_backup.json`` of PyPI ``litellm`` 1.109.1
- ``AzureLLMInferenceTrace_code.csv`` and ``AzureLLMInferenceTrace_conv.csv`` of the Azure Public Dataset, 2023
- ``servegen_m-small_rates.csv``: requests a second by client and window of 600 s, from ServeGen's ``m-small``

Every number written is a number read, or an exact sum of numbers read. No random choice is made here. Running it
twice writes the same bytes. `billing/data/README.md` names the licences.
"""

import csv
import gzip
import io
import json
import re
import sys
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

TAKEN_ON = "2026-11-23"  # models whose vendor withdraws them before this day are left out
TWELVE_PLACES = Decimal(
    "0.000000000001"
)  # float noise in the source (5.0000000000000004E-8) ends beyond these
WINDOW_SECONDS = 600

# The rule: of the vendors that make and sell their own chat models, the undated names (no snapshot, preview or alias),
# billed by text token in and out, not withdrawn on TAKEN_ON, that match the families below.
FAMILIES = {
    "openai": r"gpt-4o(-mini)?|gpt-4\.1(-mini)?|gpt-5(-mini|-nano)?|gpt-5\.[124]|gpt-5\.4-(mini|nano)|o3",
    "anthropic": r"claude-(haiku|sonnet|opus)-\d(-\d)?",
    "gemini": r"gemini-[23]\.\d-(pro|flash|flash-lite)",
    "mistral": r"mistral-(small|medium|large-3|large-4)|codestral-2508",
    "deepseek": r"deepseek-(v3|v3\.2|r1|v4-flash|v4-pro)",
    "xai": r"grok-4\.[37]",
    "moonshot": r"kimi-k\d(\.\d)?",
    "zai": r"glm-4\.[67]|glm-5(\.3)?",
    "minimax": r"MiniMax-M2\.5|MiniMax-M3",
    "amazon_nova": r"nova-(micro|lite|pro|premier)-v1",
    "cohere_chat": r"command-(a-03-2025|r-08-2024|r-plus-08-2024|r7b-12-2024)",
}
PRICE_FIELDS = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cached_input": "cache_read_input_token_cost",
}


def main(sources: Path, target: Path) -> None:
    write_prices(sources / "litellm_model_prices_1.109.1.json", target / "model_prices.csv")
    write_calls(sources, target / "llm_calls.csv.gz")
    write_clients(sources / "servegen_m-small_rates.csv", target / "client_hours.csv.gz")


def write_prices(source: Path, target: Path) -> None:
    """US dollars a single text token, written out without exponents; the order is by vendor and model."""
    listed = json.loads(source.read_text(), parse_float=Decimal)
    rows = sorted(filter(None, (chosen(name, facts) for name, facts in listed.items())))
    with target.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["vendor", "model", *PRICE_FIELDS])
        writer.writerows(dict.fromkeys(rows))


def chosen(name: str, facts: dict[str, object]) -> tuple[str, ...] | None:
    vendor, model = str(facts.get("litellm_provider")), name.split("/")[-1]
    if vendor not in FAMILIES or not re.fullmatch(FAMILIES[vendor], model):
        return None
    if (
        facts.get("mode") not in ("chat", "responses")
        or str(facts.get("deprecation_date", "9999")) < TAKEN_ON
    ):
        return None
    prices = [price(facts.get(field)) for field in PRICE_FIELDS.values()]
    return (vendor, model, *prices) if prices[0] and prices[1] else None


def price(listed: object) -> str:
    """The price without float noise, or nothing where none is listed or it is free."""
    exact = Decimal(str(listed or 0)).quantize(TWELVE_PLACES)
    return f"{exact.normalize():f}" if exact else ""


def write_calls(sources: Path, target: Path) -> None:
    """Both services' calls in order of time: microseconds since the first, and the tokens as recorded."""
    calls = []
    for service in ("code", "conv"):
        with (sources / f"AzureLLMInferenceTrace_{service}.csv").open(newline="") as file:
            for row in csv.DictReader(file):
                moment = datetime.fromisoformat(row["TIMESTAMP"][:26])  # the seventh decimal is always 0
                calls.append((moment, service, int(row["ContextTokens"]), int(row["GeneratedTokens"])))
    calls.sort(key=lambda call: call[0])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["offset_us", "service", "context_tokens", "generated_tokens"])
    for moment, *rest in calls:
        writer.writerow([(moment - calls[0][0]) // timedelta(microseconds=1), *rest])
    target.write_bytes(gzip.compress(text.getvalue().encode(), 9, mtime=0))


def write_clients(source: Path, target: Path) -> None:
    """Requests by client and hour since the first, where there were any: the sum of rate × 600 s over its windows."""
    by_hour: defaultdict[tuple[int, int], Decimal] = defaultdict(Decimal)
    with source.open(newline="") as file:
        for row in csv.DictReader(file):
            place = int(row["client"]), int(row["window_start_s"]) // 3600
            by_hour[place] += Decimal(row["requests_per_second"]) * WINDOW_SECONDS
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["client", "hour", "requests"])
    writer.writerows([*place, f"{sent.normalize():f}"] for place, sent in sorted(by_hour.items()) if sent)
    target.write_bytes(gzip.compress(text.getvalue().encode(), 9, mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
