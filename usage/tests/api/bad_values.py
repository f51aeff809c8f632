"""What no caller should send, by kind."""

from __future__ import annotations

import json


class Raw(str):
    """JSON as it stands."""


NUMBERS = [-1, "-1", 0, "0", "0.0", -0.5, "NaN", Raw("NaN"), "Infinity", Raw("-Infinity"), Raw("1e400"), "1e400",
           Raw("1" * 41), "1" * 41, "1_000", "١٢٣", "１２", " 1", "1 ", "+1", "0x1", "1,5", "", "1e", True, [], {},
           "1" * 100_000, Raw("1" * 100_000), "0." + "0" * 30 + "1", "1e-99999999"]  # fmt: skip
MONEY = [each for each in NUMBERS if each not in (0, "0", "0.0")]
TEXTS = ["", "a\x00b", Raw('"a\\ud800b"'), Raw('"\\udc00\\ud800"'), "a\u202eb", "a\u2066b", "a\u200fb", "a\x07b",
         "a\x7fb", "a\u0085b", "a\u2028b", "x" * 5000, 5, True, [], {}, ["x"], {"a": "b"}]  # fmt: skip
UNSHOWABLE = [each for each in TEXTS if isinstance(each, str) and 3 <= len(each) < 50]
MOMENTS = ["2026-11-22T10:00:00", "2026-11-22", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00",
           "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "2026-02-30T10:00:00Z", "2026-11-22T25:00:00Z",
           "2026-11-22T10:00:60Z", "now", "", 1763805600, True, [],
           "2026-11-22T10:00:00+99:99", "٢٠٢٦-11-22T10:00:00Z"]  # fmt: skip
DAYS = ["2026-02-30", "2026-13-01", "2026-1-1", "20261122", "2026-W48-7", "2026-11-22T10:00:00Z", "0001-01-01",
        "1969-12-31", "2200-01-01", "9999-12-31", "now", "", " 2026-11-22", "2026-11-22\n", "٢٠٢٦-11-22", 20261122,
        True, [], {}]  # fmt: skip
BODIES: list[tuple[bytes, str]] = [
    (b"", "nothing"),
    (b" ", "white space"),
    (b"{", "half an object"),
    (b"[]", "a list for an object"),
    (b'"text"', "a text"),
    (b"5", "a number"),
    (b"null", "null"),
    (b"{}{}", "two objects"),
    (b"{'a': 1}", "other quotes"),
    (b'{"a": 1,}', "a trailing comma"),
    (b"\xff\xfe", "no UTF-8"),
    (b"\xef\xbb\xbf{}", "a byte order mark"),
    (b'{"a": "\xed\xa0\x80"}', "an encoded surrogate"),
    (b'{"a": "\x00"}', "a raw NUL"),
    (b"[" * 100_000, "100,000 lists"),
    (b'{"a":' * 100_000, "100,000 objects"),
    (b"[" * 100_000 + b"]" * 100_000, "100,000 closed lists"),
    (b'{"metadata": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001, "deep metadata"),
    (b'{"account": "a", "account": "b"}', "a member twice"),
]


def written(body: object) -> bytes:
    """`body` as JSON; Raw texts in it stand as they are."""
    raws: list[str] = []

    def marked(value: object) -> object:
        if isinstance(value, Raw):
            raws.append(value)
            return f"@raw{len(raws) - 1}@"
        if isinstance(value, dict):
            return {name: marked(member) for name, member in value.items()}
        return [marked(each) for each in value] if isinstance(value, list) else value

    text = json.dumps(marked(body), ensure_ascii=False)
    for place, raw in enumerate(raws):
        text = text.replace(f'"@raw{place}@"', raw)
    return text.encode()
