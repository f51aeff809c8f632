"""Identities in paths."""

import re
from uuid import UUID

from config.http.readers import reference
from config.kernel.errors import InvalidRequest, NotFound

_UUID = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def uuid_of(text: str) -> UUID:
    """The identity that `text` spells. What is none names nothing: NotFound."""
    if not _UUID.fullmatch(text):
        raise NotFound("There is no such thing: this is not an id.")
    return UUID(text)


def reference_of(text: str) -> str:
    """An account's reference. Raises InvalidRequest for one that no account can have."""
    try:
        return reference(text)
    except ValueError as fault:
        raise InvalidRequest(f"The reference in the path cannot be one. {fault}") from None
