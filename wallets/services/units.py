"""Token units: which one is meant where none is named."""

from django.contrib.auth.models import User
from django.db import transaction

from config.kernel.signing import signed
from wallets.models import TokenUnit


@transaction.atomic
def make_default(*, unit_id: int, user: User | None = None, reason: str = "") -> bool:
    """Let this unit be the default one instead of the present one; answers whether that is new.

    There is a default at every moment: the flag moves in one transaction, and history tells both changes.
    """
    units = {unit.pk: unit for unit in TokenUnit.objects.select_for_update().order_by("pk")}
    chosen = units[unit_id]
    if chosen.is_default:
        return False
    former = [unit for unit in units.values() if unit.is_default]
    for unit, is_default in [*((unit, False) for unit in former), (chosen, True)]:
        unit.is_default = is_default
        signed(unit, user, reason).save(update_fields=["is_default"])
    return True
