"""How faults of many records, messages and exchanges are told as one: by a sentence without what differs."""

from __future__ import annotations

import re

LONGEST_FAULT, LONGEST_WHERE, LONGEST_REASON = 200, 500, 1000
"""What is kept of the sentence by which faults are grouped, of a place in a record, and of the whole reason."""

_VARYING = re.compile(
    r"""[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}   # a UUID
      | [^\s@'"]+@[^\s@'"]+                             # an address
      | \b(?=\w*\d)(?=\w*[A-Za-z_])\w{6,}\b               # an identity of letters and digits
      | \d{4,}                                          # a long number
    """,
    re.IGNORECASE | re.VERBOSE,
)


def group_of_record(said: str) -> str:
    """A sentence of ours about a record without what was found in it: what follows a colon, quotes, and all digits.

    We wrote the sentence, so that what a colon introduces is theirs.
    """
    head = re.sub(r"'[^']*'|\"[^\"]*\"", "…", said.partition(": ")[0])
    return re.sub(r"\S*\d\S*", "…", head)[:LONGEST_FAULT]


def group_of_exchange(said: str) -> str:
    """What an outside system answered without identities and addresses in it; a status and a colon of theirs stay.

    They wrote the sentence, so that what tells one fault from another may stand anywhere in it.
    """
    return _VARYING.sub("…", " ".join(said.split()))[:LONGEST_FAULT]
