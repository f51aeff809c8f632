"""Which token unit is the default."""

from __future__ import annotations

import pytest

from wallets.models import TokenUnit
from wallets.services import units

pytestmark = pytest.mark.django_db


class TestMakeDefault:
    def test_moves_the_flag_and_keeps_both_changes_in_history(self) -> None:
        former = TokenUnit.objects.get(is_default=True)
        minutes = TokenUnit.objects.create(code="MIN", name="Minutes")

        assert units.make_default(unit_id=minutes.pk, reason="Minutes are sold now.")

        assert TokenUnit.objects.get(is_default=True) == minutes
        assert [unit.history.first().history_change_reason for unit in (former, minutes)] == [
            "Minutes are sold now."
        ] * 2

    def test_of_the_default_one_changes_nothing(self) -> None:
        default = TokenUnit.objects.get(is_default=True)

        assert not units.make_default(unit_id=default.pk)

        assert not default.history.exists()
