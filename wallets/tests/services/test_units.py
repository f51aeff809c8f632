"""Which token unit is the default."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from wallets.models import TokenUnit
from wallets.services import units

pytestmark = pytest.mark.django_db


class TestMakeDefault:
    def test_moves_the_flag_and_keeps_both_changes_in_history(self) -> None:
        former = TokenUnit.objects.get(is_default=True)
        minutes = TokenUnit.objects.create(code="MIN", name="Minutes")
        mina = User.objects.create_user("mina")

        assert units.make_default(unit_id=minutes.pk, user=mina, reason="Minutes are sold now.")

        assert TokenUnit.objects.get(is_default=True) == minutes
        written = [unit.history.first() for unit in (former, minutes)]
        assert [(each.history_user, each.history_change_reason) for each in written] == [
            (mina, "Minutes are sold now.")
        ] * 2

    def test_without_a_reason_keeps_none_as_everywhere(self) -> None:
        minutes = TokenUnit.objects.create(code="MIN", name="Minutes")

        assert units.make_default(unit_id=minutes.pk)

        assert minutes.history.first().history_change_reason is None

    def test_of_the_default_one_changes_nothing(self) -> None:
        default = TokenUnit.objects.get(is_default=True)

        assert not units.make_default(unit_id=default.pk)

        assert not default.history.exists()
