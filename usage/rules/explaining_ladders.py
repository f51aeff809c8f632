"""What a ladder of policies said to a debit: words and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from config.kernel.amounts import tokens
from usage.rules import ladder_words
from usage.rules.explaining import refused_by_policy

Step = dict[str, Any]


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


def policy(
    judged: Mapping[str, Any],
    floor: Decimal | None,
    overage: Decimal,
    overage_after: Decimal,
    unit: str,
    beyond: Decimal | None = None,
) -> Step:
    """What the strictest of the policies said to what no grant paid. beyond: tokens that it would have refused."""
    text = "Grants paid for all of it; the policy was not needed."
    past = None if floor is None or overage_after <= -floor else min(overage, overage_after + floor)
    if beyond is not None:
        text = refused_by_policy(overage, unit, beyond)
    elif overage:
        said = ladder_words.beyond_zero(judged, floor)
        text = f"{tokens(overage)} {unit} became overage. {' '.join(said)} {tokens(overage_after)} were owed then."
    return {
        "step": "policy",
        "text": text,
        "policy": judged.get("policy"),
        "cap": judged.get("cap"),
        "limit": None if floor is None else tokens(-floor),
        "overage": tokens(overage),
        "overage_after": tokens(overage_after),
        **({} if beyond is None else {"beyond_policy": tokens(beyond)}),
        "agrees": past == beyond or overage == 0,
    }
