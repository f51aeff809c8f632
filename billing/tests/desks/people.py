"""Who sits at the desks in tests."""

from __future__ import annotations

from django.contrib.auth.models import Group, User
from django.test import Client

GROUPS = ("Packaging", "Sales", "Finance", "Support", "Auditor")


def a_member(group: str | None) -> User:
    """Somebody of the staff, in one group or in none."""
    user = User.objects.create_user((group or "newcomer").lower(), password="-", is_staff=True)
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
