"""Texts that a spreadsheet program would run as formulas: neutral on the way out, themselves again on the way in.

A text that begins with `=`, `+`, `-` or `@` gets an apostrophe before it, and so does what follows a `;`, which some
programs take for the end of a cell. Where apostrophes stand there already it gets one more, so that every text comes
back as it was.
"""

from __future__ import annotations

import re

# Also as East Asian keyboards write them, and white space that some programs skip before them.
_BEGINS = "[=+\\-@\uff1d\uff0b\uff0d\uff20\t\r\n]"
_RUN = re.compile(f"(^|;)( *'*)(?={_BEGINS})")
_NEUTRAL = re.compile(f"(^|;)( *'*)'(?={_BEGINS})")


def neutral(text: str) -> str:
    """The text as a cell that nothing runs."""
    return _RUN.sub(r"\1\2'", text)


def original(text: str) -> str:
    """The text that `neutral` was given."""
    return _NEUTRAL.sub(r"\1\2", text)
