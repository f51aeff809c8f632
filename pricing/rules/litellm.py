"""LiteLLM's list of model prices, read exactly: JSON text to cost lines, with errors by model and field.

Its fields follow a grammar: what is counted, then the prompt's length beyond which the figure holds, then the service
tier, as in `input_cost_per_token_above_272k_tokens_priority`. What no rule here knows becomes a component of its own.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from config.kernel.amounts import plain
from pricing.rules.costs import CostKey, CostLine, faults, kept

CURRENCY = "USD"
PROVIDER, DEPRECATION, TIERED, OFF_PEAK = (
    "litellm_provider",
    "deprecation_date",
    "tiered_pricing",
    "off_peak_pricing",
)
SAMPLE = "sample_spec"
# Databricks units are no currency; a multiplier is no figure of its own and is left out by its name already.
NOT_MONEY = "_dbu_"

NAMES = {
    "input_token": "input",
    "output_token": "output",
    "output_reasoning_token": "reasoning",
    "cached_input_token": "cached_input",
    "input_token_cache_hit": "cached_input",
    "cache_write_token": "cache_write",
    "input_request": "request",
}
TIERS = {
    "batches": "batch",
    "flex": "flex",
    "priority": "priority",
    "balanced": "balanced",
    "ultrafast": "ultrafast",
    "decisions": "decisions",
}
_LENGTH = re.compile(r"_above_([0-9]{1,6})([km])_tokens(?![a-z0-9])", re.ASCII)
_LIFE = re.compile(r"_above_([0-9]{1,4})hr(?![a-z0-9])", re.ASCII)
_SIZES = {"k": 1_000, "m": 1_000_000}
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])", re.ASCII)


@dataclass(frozen=True, slots=True)
class CostError:
    """What is wrong with one field of one model; a file that is no list has neither."""

    model: str
    field: str
    detail: str

    def __str__(self) -> str:
        place = ", ".join(part for part in (self.model, self.field) if part)
        return f"{place}: {self.detail}" if place else self.detail


@dataclass(frozen=True, slots=True)
class CostList:
    """The lines of a file. With errors no line may be used.

    models: how many the file names. left_out: what is no figure in money, by field, with how often it is there.
    """

    lines: tuple[CostLine, ...] = ()
    models: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    errors: tuple[CostError, ...] = ()


def parse(text: str) -> CostList:
    """Read a list. No number is ever a binary fraction; all that is wrong is named, model by model."""
    try:
        entries = json.loads(
            text,
            parse_float=Decimal,
            parse_int=Decimal,
            parse_constant=_no_number,
            object_pairs_hook=_without_repeats,
        )
    except RecursionError:
        return _broken("The file is nested too deeply.")
    except ValueError as fault:
        return _broken(f"This is not JSON that can be read: {fault}.")
    if not isinstance(entries, dict):
        return _broken("The file is not an object of models by name.")
    reader = _Reader()
    for model, facts in entries.items():
        if model != SAMPLE and isinstance(facts, dict) and PROVIDER in facts:
            reader.read(model, facts)
        elif model != SAMPLE and _has_costs(facts):
            reader.errors.append(CostError(_shown(model), PROVIDER, "is missing."))
    if not reader.errors and not reader.models:
        return _broken("The file names no model.")
    return CostList(tuple(reader.lines), reader.models, dict(reader.left_out), tuple(reader.errors))


def component_of(name: str) -> tuple[str, str, int]:
    """Component, service tier and threshold that the name of a field spells."""
    above, life, tier = 0, "", ""
    if found := _LENGTH.search(name):
        above = int(found[1]) * _SIZES[found[2]]
        name = name.replace(found[0], "")
    if found := _LIFE.search(name):
        life = f"_{int(found[1])}h"
        name = name.replace(found[0], "")
    for suffix, word in TIERS.items():
        if name.endswith(f"_{suffix}"):
            name, tier = name.removesuffix(f"_{suffix}"), word
            break
    return _word(name) + life, tier, above


def _word(name: str) -> str:
    """`cache_read_input_token_cost` as `cached_input`, `output_cost_per_image` as `output_image`."""
    one = name.replace("_per_1k_calls", "_per_call").replace("_per_1k_tokens", "_per_token")
    bare = (
        one.removeprefix("cost_per_").removesuffix("_cost").replace("_cost_per_", "_").replace("_per_", "_")
    )
    bare = bare.replace("cache_read_input", "cached_input").replace("cache_creation_input", "cache_write")
    word = _HUMP.sub("_", bare).lower()
    return NAMES.get(word, word)


class _Reader:
    """Collects what the entries say, and what is wrong with them."""

    def __init__(self) -> None:
        self.lines: list[CostLine] = []
        self.errors: list[CostError] = []
        self.left_out: Counter[str] = Counter()
        self.models = 0

    def read(self, model: str, facts: Mapping[str, Any]) -> None:
        self.models += 1
        before = len(self.errors)
        lines = list(self._lines(model, facts))
        seen: dict[CostKey, CostLine] = {}
        for line in lines:
            former = seen.setdefault(line.key, line)
            if former.cost != line.cost:
                self._fault(
                    model, line.key.code, f"is given as {plain(former.cost)} and as {plain(line.cost)}."
                )
        for place, detail in dict.fromkeys(
            (each.field, each.detail) for line in lines for each in faults(line)
        ):
            self._fault(model, place, detail)
        if len(self.errors) == before:
            self.lines.extend(seen.values())

    def _lines(self, model: str, facts: Mapping[str, Any]) -> Iterator[CostLine]:
        provider = str(facts[PROVIDER])
        withdrawn = self._date(model, facts.get(DEPRECATION))
        for name, component, tier, above, figure in self._figures(model, facts):
            amount = self._amount(model, name, figure)
            if amount is not None:
                yield CostLine(provider, model, component, amount, CURRENCY, tier, above, withdrawn)

    def _figures(self, model: str, facts: Mapping[str, Any]) -> Iterator[tuple[str, str, str, int, Any]]:
        for name, value in facts.items():
            if name == TIERED:
                yield from self._of_tiers(model, value)
            elif name == OFF_PEAK:
                for inner, component, tier, above, figure in self._figures(model, _as_facts(value)):
                    yield (
                        f"{name}.{inner}",
                        component,
                        "_".join(filter(None, ("off_peak", tier))),
                        above,
                        figure,
                    )
            elif not _is_cost(name) or value is None:
                continue
            elif NOT_MONEY in name or isinstance(value, list):
                self.left_out[name] += 1
            elif isinstance(value, dict):
                for part, figure in value.items():
                    component, tier, above = component_of(
                        f"{name}_{part.removeprefix('search_context_size_')}"
                    )
                    yield f"{name}.{part}", component, tier, above, figure
            else:
                yield name, *component_of(name), value

    def _of_tiers(self, model: str, tiers: Any) -> Iterator[tuple[str, str, str, int, Any]]:
        """Figures by ranges: of a prompt's tokens `[0, 256000]`, `[256000, …]`, of results `[1, 10]`, `[11, …]`."""
        for tier in tiers if isinstance(tiers, list) else []:
            facts = _as_facts(tier)
            results = facts.get("max_results_range")
            least = _least(facts.get("range") if results is None else results)
            if least is None:
                self._fault(model, TIERED, "has a tier without a range.")
                continue
            beyond = least if results is None else max(least - 1, 0)
            for name, component, service, above, figure in self._figures(model, facts):
                yield f"{TIERED}.{name}", component, service, above or beyond, figure

    def _amount(self, model: str, name: str, figure: Any) -> Decimal | None:
        if not isinstance(figure, Decimal):
            self._fault(model, name, "is not a number.")
            return None
        try:
            return kept(figure.scaleb(-3) if "_per_1k_" in name else figure)
        except (ValueError, ArithmeticError) as refusal:
            self._fault(model, name, str(refusal) if isinstance(refusal, ValueError) else "is out of reach.")
            return None

    def _date(self, model: str, text: Any) -> date | None:
        if text in (None, ""):
            return None
        try:
            return date.fromisoformat(text)
        except (TypeError, ValueError):
            self._fault(model, DEPRECATION, "is not a date as in 2026-12-01.")
            return None

    def _fault(self, model: str, name: str, detail: str) -> None:
        self.errors.append(CostError(_shown(model), name, detail))


def _is_cost(name: str) -> bool:
    return "cost" in name and not name.endswith("_multiplier")


def _has_costs(facts: Any) -> bool:
    return any(map(_is_cost, _as_facts(facts)))


def _as_facts(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _least(bounds: Any) -> int | None:
    if isinstance(bounds, list) and bounds and isinstance(bounds[0], Decimal) and 0 <= bounds[0] < 10**18:
        return int(bounds[0])
    return None


def _shown(model: str) -> str:
    """A model's name for a message, whatever is in it."""
    return model[:100] if model.isprintable() else repr(model)[:100]


def _broken(detail: str) -> CostList:
    return CostList(errors=(CostError("", "", detail),))


def _no_number(word: str) -> Decimal:
    raise ValueError(f"{word} is no number")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = Counter(name for name, _ in pairs)
        raise ValueError(f"{next(name for name, count in names.items() if count > 1)!r} is there twice")
    return found
