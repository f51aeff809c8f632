"""Trials that come with lines of orders: why they end, and when one that failed is tried again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from billing.rules.orders import Line

SOONEST, LATEST = timedelta(seconds=30), timedelta(hours=1)


def why_it_ends(order: str, version: int, line: str, after: Mapping[str, Line]) -> str:
    """Why the trial of a line ends with a version of its order. after: its lines; none where it is cancelled."""
    if not after:
        return f"Order {order} was cancelled."
    if line in after:
        return f"Line {line} of order {order} gives no trial since version {version}."
    return f"Version {version} of order {order} takes line {line} out."


def why_it_stays(version: int, other: str) -> str:
    """Why a line has the trial that it gave though it names another."""
    return f"Version {version} names the trial {other}. A line gives one, and this was given: it stays."


def tried_again_at(due_at: datetime, moment: datetime) -> datetime:
    """When a trial that could not be settled is tried again: the later the longer it has been due."""
    return moment + min(max(moment - due_at, SOONEST), LATEST)
