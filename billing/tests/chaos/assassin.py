"""Stripe's stand-in that kills whoever asks it: between doing what was asked and answering it, or right after it."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock

import psutil

from billing.tests.connectors.stripe_server import Handler, StripeServer


@dataclass(frozen=True)
class Strike:
    """Kill who makes such a call. method, path: of the call, the path as a pattern.

    is_late: it has its answer, for so many seconds already; else what was asked is done, and no answer comes.
    """

    name: str
    method: str
    path: str
    is_late: bool
    seconds: float = 0.0


class Assassin(StripeServer):
    """strikes: what is still to be done, each once. killed: the names of those that were done."""

    def __init__(self) -> None:
        self.strikes: list[Strike] = []
        self.killed: list[str] = []
        self._choosing = Lock()
        super().__init__()

    def handler(self) -> type[Handler]:
        return Knife

    def chosen(self, method: str, path: str) -> Strike | None:
        """The strike that such a call is for; nobody else gets it."""
        with self._choosing:
            for each in self.strikes:
                if each.method == method and re.fullmatch(each.path, path):
                    self.strikes.remove(each)
                    return each
        return None

    def kill(self, strike: Strike, victims: list[psutil.Process]) -> None:
        for each in victims:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        self.killed.append(strike.name)


class Knife(Handler):
    """One call, and whether its caller lives on."""

    stand_in: Assassin

    def _answered(self, path: str, form: str) -> tuple[int, bytes, dict[str, str]]:
        self.strike = self.stand_in.chosen(self.command, path)
        self.victims = asking_from(self.client_address[1]) if self.strike else []
        if self.strike and not self.victims:  # killed already, for another call
            self.stand_in.strikes.append(self.strike)
            self.strike = None
        answer = super()._answered(path, form)
        if self.strike and not self.strike.is_late:
            self.stand_in.kill(self.strike, self.victims)
        return answer

    def _say(self, status: int, body: bytes, headers: dict[str, str], is_half: bool = False) -> None:
        strike: Strike | None = getattr(self, "strike", None)
        if strike and not strike.is_late:
            self.close_connection = True
            return
        super()._say(status, body, headers, is_half)
        if strike:
            time.sleep(strike.seconds)
            self.stand_in.kill(strike, self.victims)


def asking_from(port: int) -> list[psutil.Process]:
    """The process that calls from a port, and the workers that it is a part of; none where it is gone."""
    with suppress(psutil.NoSuchProcess):
        for each in psutil.net_connections("tcp4"):
            if each.laddr and each.laddr.port == port and each.pid is not None:
                family = [psutil.Process(each.pid)]
                while (above := family[-1].parent()) and "config.jobs" in above.cmdline():
                    family.append(above)
                return family
    return []
