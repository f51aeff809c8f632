"""The text of an API key: `td_`, a prefix that is kept, `_`, a secret of which only the hash is."""

import re

_TEXT = re.compile(r"td_([0-9a-z]{8})_[0-9A-Za-z]{40,64}", re.ASCII)


def text_of(prefix: str, secret: str) -> str:
    """The key as it is handed out, once."""
    return f"td_{prefix}_{secret}"


def prefix_of(text: str) -> str | None:
    """The prefix within, or None where the text is no key."""
    found = _TEXT.fullmatch(text)
    return found.group(1) if found else None
