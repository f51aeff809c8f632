"""Two gaps with another system: one is open, the other was accepted."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import User
from django.db import transaction

from billing.models import Gap, InboxItem
from billing.rules.reconciling import Found
from billing.services import gaps

DAY = date(2001, 3, 3)


def differ() -> dict[str, Any]:
    """Names of what was written."""
    found = [Found("differs", f"erp invoice {n}", DAY, None, Decimal(n), None, "USD") for n in (1, 2)]
    with transaction.atomic():
        gaps.keep(found, kinds=["differs"], first=DAY, last=DAY, system="erp")
    open_gap, accepted = Gap.objects.filter(day=DAY).order_by("subject")
    user = User.objects.create(username=f"closer-{uuid4().hex[:8]}")
    gaps.accept(gap_id=accepted.pk, reason="Rounded there.", user=user)
    row = InboxItem.objects.get(subject=str(open_gap.pk))
    return {"open_gap": open_gap.pk, "accepted_gap": accepted.pk, "gap_row": row.pk}
