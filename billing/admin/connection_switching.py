"""Letting connections work, pausing them, switching them off: each for a reason."""

from __future__ import annotations

from typing import Any

from billing.admin.connection_frame import CHANGED, OfConnection
from billing.models import Connection
from billing.services import connections
from config.desk.forms import WhyForm
from config.desk.pages import DeskFormPage


class _StatePage(OfConnection, DeskFormPage):
    """One of the three states, for a reason."""

    permissions = CHANGED
    template_name = "desk/connections/state.html"
    form_class = WhyForm
    state = ""
    words: tuple[str, str, str] = ("", "", "")
    """The title, what it means, and what the button says."""

    def title(self) -> str:
        return self.words[0].format(self.row)

    def context(self) -> dict[str, Any]:
        return {**super().context(), "about": self.words[1], "button": self.words[2], "state": self.state}

    def act(self, asked: dict[str, Any]) -> str:
        connections.set_state(
            connection_id=self.row.pk, state=self.state, user=self.request.user, reason=asked["reason"]
        )
        said = {"on": "works from now on", "paused": "is paused", "off": "is off"}[self.state]
        return self.done(f"{self.row} {said}.")


class OnPage(_StatePage):
    """Let it work."""

    state = Connection.State.ON
    words = (
        "Let {} work",
        "What it was told while it was paused is applied, what waits is sent, and its streams are fetched from where"
        " they stand. It is tried at once.",
        "Let it work",
    )


class PausePage(_StatePage):
    """Pause it."""

    state = Connection.State.PAUSED
    words = (
        "Pause {}",
        "What it is told is still taken and kept. Nothing is applied, fetched or sent until somebody lets it work"
        " again; then everything is caught up.",
        "Pause it",
    )


class OffPage(_StatePage):
    """Switch it off."""

    state = Connection.State.OFF
    words = (
        "Switch {} off",
        "It takes nothing any more: what they tell it is refused, and whether they tell it again later is theirs to"
        " decide. Nothing is fetched or sent. What waits stays as it is. To stop it for a while without missing"
        " anything, pause it instead.",
        "Switch it off",
    )
