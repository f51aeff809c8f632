"""Whom to ask for what one may not do oneself: the groups whose people may."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group
from django.core.exceptions import PermissionDenied


class NotYours(PermissionDenied):
    """Refused for want of a permission; its sentence says who has it."""


def not_yours(permission: str) -> NotYours:
    """The refusal for want of a permission, which says whom to ask; it says nothing where no group has it."""
    groups = groups_that_may(permission)
    return NotYours(f"It is for {groups}. Ask somebody there, or an administrator." if groups else "")


def groups_that_may(permission: str) -> str:
    """The groups that have a permission, as "Packaging or Sales management"; empty where none has.

    permission: as in `wallets.add_grant`.
    """
    return _groups([permission])[permission]


def others_may(user: AbstractBaseUser | AnonymousUser, deeds: Mapping[str, str]) -> dict[str, list[str]]:
    """Of these deeds, by permission, those that the user may not do, by the groups that may."""
    lacking = [permission for permission in deeds if not user.has_perm(permission)]  # type: ignore[union-attr]
    told: dict[str, list[str]] = defaultdict(list)
    for permission, groups in _groups(lacking).items() if lacking else ():
        if groups:
            told[groups].append(deeds[permission])
    return dict(told)


def _groups(permissions: Iterable[str]) -> dict[str, str]:
    names: dict[str, list[str]] = {permission: [] for permission in permissions}
    app, codename = "permissions__content_type__app_label", "permissions__codename"
    wanted = {f"{codename}__in": [permission.partition(".")[2] for permission in names]}
    for name, *of in Group.objects.filter(**wanted).order_by("name").values_list("name", app, codename):
        if ".".join(of) in names:
            names[".".join(of)].append(name)
    return {permission: _either(groups) for permission, groups in names.items()}


def _either(groups: list[str]) -> str:
    *first, last = groups or [""]
    return f"{', '.join(first)} or {last}" if first else last
