"""What a ladder of policies said to a debit: words and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from config.kernel.amounts import tokens
from usage.rules import ladder_words
from usage.rules.explaining import Beyond, refused_by_policy

Step = dict[str, Any]
NOTHING = Decimal(0)


def throttles(judged: Mapping[str, Any]) -> list[Step]:
    """What it took of each bucket."""
    return [
        {"step": "throttle", **each, "text": ladder_words.bucket(each)} for each in judged.get("buckets", [])
    ]


def ladder(judged: Mapping[str, Any], notices: Sequence[str]) -> Step:
    """How much was gone before the debit, and which thresholds it was the first to pass."""
    passed = [notice.removeprefix("threshold:") for notice in notices if notice.startswith("threshold:")]
    told = [f"With it {share} % were gone, which is told once until the next grant." for share in passed]
    return {
        "step": "ladder",
        "text": " ".join([ladder_words.share(judged), *told]),
        "policies": list(judged.get("policies", [])),
        "available_before": judged.get("available"),
        "stocked": judged.get("stocked"),
        "spent_percent": judged.get("spent_percent"),
        "thresholds": [int(share) for share in passed],
    }


def of_a_hold(judged: Mapping[str, Any], floor: Decimal | None) -> list[str]:
    """What was said to a hold when it was made, in sentences. floor: that it keeps."""
    taken = [ladder_words.bucket(each) for each in judged.get("buckets", [])]
    return [*taken, ladder_words.share(judged), *ladder_words.beyond_zero_later(judged, floor)]


@dataclass(frozen=True, slots=True)
class Owed:
    """What a debit owes beyond grants, and what was owed after it, in `unit`. kept: room that its hold kept for it."""

    tokens: Decimal
    after: Decimal
    unit: str
    kept: Decimal

    def is_within(self, limit: Decimal | None) -> bool:
        """Whether a limit allows it, None is without limit; room that was kept is asked of no limit again."""
        return limit is None or self.tokens <= self.kept or self.after <= limit


def policy(
    judged: Mapping[str, Any], floor: Decimal | None, owed: Owed, beyond: Beyond | None = None
) -> Step:
    """What the strictest of the policies said to what no grant paid. beyond: what it would have refused."""
    text = "Grants paid for all of it; the policy was not needed."
    limit = None if floor is None else -floor
    is_over = judged.get("grace") == "over"
    if beyond is not None:
        text = refused_by_policy(owed.tokens, owed.unit, beyond.tokens)
    elif owed.tokens:
        said = [
            f"{tokens(owed.tokens)} {owed.unit} became overage.",
            *ladder_words.beyond_zero(judged, floor),
        ]
        if is_over:
            said.append("Its hold had kept that room.")
        elif limit is not None and owed.after > limit:
            said.append("Its hold kept that room before more was owed.")
        text = f"{' '.join(said)} {tokens(owed.after)} were owed then."
    return {
        "step": "policy",
        "text": text,
        "policy": judged.get("policy"),
        "cap": judged.get("cap"),
        "limit": None if limit is None else tokens(limit),
        "overage": tokens(owed.tokens),
        "overage_after": tokens(owed.after),
        **({} if beyond is None else {"beyond_policy": tokens(beyond.tokens)}),
        "agrees": beyond.agrees(owed.tokens, owed.after, limit)
        if beyond
        else owed.is_within(NOTHING if is_over else limit),
    }
