"""Faults told as one: ours lose what they found, theirs keep all but names and numbers."""

from __future__ import annotations

import pytest

from billing.rules.fault_groups import LONGEST_FAULT, group_of_exchange, group_of_record


@pytest.mark.parametrize(
    ("said", "group"),
    [
        ("amount is no number: 12,5.", "amount is no number"),
        (
            "There is no trial offer 'Pilot 7', or it is offered no more.",
            "There is no trial offer …, or it is offered no more.",
        ),
        ("Order shop:SO-7 stands for another body already", "Order … stands for another body already"),
    ],
)
def test_a_record_is_grouped_without_what_was_found_in_it(said: str, group: str) -> None:
    assert group_of_record(said) == group


@pytest.mark.parametrize(
    ("said", "group"),
    [
        ("It answered 400: no such\n  property td_balance", "It answered 400: no such property td_balance"),
        ("It answered 404: no customer cus_9f8e7d", "It answered 404: no customer …"),
        ("jane@example.com opted out of 1234567", "… opted out of …"),
    ],
)
def test_an_exchange_is_grouped_without_identities(said: str, group: str) -> None:
    assert group_of_exchange(said) == group


@pytest.mark.parametrize("grouped", [group_of_record, group_of_exchange])
def test_what_is_kept_has_an_end(grouped: object) -> None:
    assert len(grouped("no " * 500)) == LONGEST_FAULT  # type: ignore[operator]
