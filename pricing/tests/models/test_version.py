from __future__ import annotations

import pytest

from pricing.models import Version, VersionState
from pricing.tests.prices import AUTUMN, DAY, INSTANT, SPRING, SUMMER, a_draft, a_table, published, row


class TestStateAt:
    @pytest.mark.parametrize(
        ("version", "state"),
        [
            (Version(number=1), VersionState.DRAFT),
            (Version(number=1, published_at=SPRING, effective_from=SUMMER + INSTANT), VersionState.SCHEDULED),
            (Version(number=1, published_at=SPRING, effective_from=SUMMER), VersionState.LIVE),
            (
                Version(
                    number=1, published_at=SPRING, effective_from=SPRING, effective_until=SUMMER + INSTANT
                ),
                VersionState.LIVE,
            ),
            (
                Version(number=1, published_at=SPRING, effective_from=SPRING, effective_until=SUMMER),
                VersionState.SUPERSEDED,
            ),
        ],
    )
    def test_is_derived_from_the_instants(self, version: Version, state: VersionState) -> None:
        assert version.state_at(SUMMER) == state


@pytest.mark.django_db
class TestVersionQuerySet:
    def test_speaks_of_drafts_and_of_what_holds_when(self) -> None:
        table = a_table()
        spring = published(table, row("chat", 1), moment=SPRING)
        autumn = published(table, row("chat", 2), moment=SUMMER, effective_from=AUTUMN)
        draft = a_draft(table, [row("chat", 3)])
        versions = table.versions.all()

        assert set(versions.drafts()) == {draft}
        assert set(versions.published()) == {spring, autumn}
        assert set(versions.in_force(AUTUMN - INSTANT)) == {spring}
        assert set(versions.in_force(AUTUMN)) == {autumn}
        assert set(versions.in_force(SPRING - INSTANT)) == set()
        assert set(versions.scheduled(SUMMER)) == {autumn}
        assert set(versions.superseded(AUTUMN + DAY)) == {spring}
        assert set(versions.started(SUMMER)) == {spring}
