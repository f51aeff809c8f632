"""Mails to the people of an account: an invitation, a way in, an alert."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from billing.rules.deliveries import Mail

FOOT = "\n-- \nSent by Tokendesk. Nobody reads answers to this address.\n"


@dataclass(frozen=True, slots=True)
class WayIn:
    """An account, and the address that opens it once."""

    account: str
    address: str


def invitation(to: str, account: str, home: str, message_id: str) -> Mail:
    """Tells a contact where to sign in; it opens nothing by itself, so it may lie about."""
    text = (
        f"You may look after the tokens of {account}: what is left of them, what they were spent on, and what they"
        f" cost.\n\nSign in with this address, {to}, at\n\n{home}\n\nA link is mailed to you"
        " then. There is no password.\n"
    )
    return Mail(to, _one_line(f"{account}: you may look after its tokens"), text + FOOT, message_id)


def sign_in(to: str, ways: Sequence[WayIn], lasts: timedelta, message_id: str) -> Mail:
    """The way in, of each account that the address belongs to."""
    minutes = int(lasts.total_seconds() // 60)
    listed = "\n".join(f"{way.account}\n{way.address}\n" for way in ways)
    text = (
        f"Open the link to sign in. It works once, and for {minutes} minutes.\n\n{listed}\n"
        "If you did not ask for it, leave it: without it nobody gets in.\n"
    )
    return Mail(to, "Your link to sign in", text + FOOT, message_id)


def alert(to: str, account: str, words: str, home: str, message_id: str) -> Mail:
    """Tells of a threshold that was crossed."""
    text = f"{words}\n\n{home}\n\nYou chose this alert, and change it there under Alerts.\n"
    return Mail(to, _one_line(f"{account}: {words.splitlines()[0]}"), text + FOOT, message_id)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]
