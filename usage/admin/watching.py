"""What looks like abuse, with one step to what stops it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from config.desk.pages import DeskPage
from usage.queries import watching


class WatchPage(DeskPage):
    """Accounts and keys that stand out, by rules that anybody can check."""

    permissions = ("usage.view_denial", "wallets.view_account")
    template_name = "desk/usage/watch.html"

    def title(self) -> str:
        return "Watch"

    def context(self) -> dict[str, Any]:
        now = timezone.now()
        return {
            "now": now,
            "burns": watching.sudden_burns(now),
            "refused": watching.many_refusals(now),
            "keys": watching.wandering_keys(now),
            "twice": watching.trials_twice(now),
            "rules": watching,
        }
