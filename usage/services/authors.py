"""Who changes what holds for accounts."""

from dataclasses import dataclass
from typing import Self

from django.contrib.auth.models import User


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes something, and why. name: the product's code or the person's name; user: where it is a person."""

    name: str
    reason: str = ""
    user: User | None = None

    @classmethod
    def of(cls, user: User, reason: str) -> Self:
        """A person at a desk."""
        return cls(user.get_username(), reason, user)
