"""Who sits at the desks in tests."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from django.contrib.auth.models import Group, User
from django.contrib.messages import get_messages
from django.test import Client

GROUPS = ("Packaging", "Sales", "Sales management", "Finance", "Support", "Auditor")


def a_member(group: str | None) -> User:
    """Somebody of the staff, in one group or in none."""
    name = (group or "newcomer").lower().replace(" ", "-")
    user = User.objects.filter(username=name).first() or User.objects.create_user(name, is_staff=True)
    if group:
        user.groups.add(Group.objects.get(name=group))
    return user


def at_the_desk_of(group: str | None) -> Client:
    """A browser in which a member of the group has signed in."""
    client = Client()
    client.force_login(a_member(group))
    return client


def at_the_desk_of_an_administrator() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def text_of(response: Any) -> str:
    """The page as it was sent."""
    return str(response.getvalue().decode())


def said(response: Any) -> str:
    """The messages that the next page would show."""
    return " ".join(map(str, get_messages(response.wsgi_request)))


def as_shown(client: Client, address: str) -> dict[str, str]:
    """What a browser sends back where nobody touches the form of a page."""
    return fields_of(client.get(address))


def fields_of(response: Any) -> dict[str, str]:
    """The inputs and text areas of a page as they stand, those out of sight too."""
    form = _Fields()
    form.feed(response.content.decode())
    return form.found


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "input" and told.get("name"):
            self.found[str(told["name"])] = told.get("value") or ""
        elif tag == "textarea":
            self._area = str(told["name"])
            self.found[self._area] = ""

    def handle_data(self, text: str) -> None:
        if self._area:
            self.found[self._area] += text if self.found[self._area] else text.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = None
