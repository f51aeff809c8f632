"""Who changes what holds for accounts."""

from dataclasses import dataclass

from django.contrib.auth.models import User


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes something, and why. name: the product's code or the person's name; user: where it is a person."""

    name: str
    reason: str = ""
    user: User | None = None
