"""Facts that somebody may be told of: each app says how its own are found, and news are made of them above."""

from __future__ import annotations

from dataclasses import dataclass
from string import Template


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of one sort, as a query that answers a row a fact.

    sql: answers, for what came to be from $since on and before $until, the columns
    `at` (when it came to be by the real clock, which no loader of a history can set back),
    `kind` (the type of news), `fact` (what it is of: text, unique within the kind), `about` (an account's id, or null),
    `occurred_at` (when it happened, by the books) and `data` (what is told of it, amounts as text).
    Rows with a version 7 identity are found by `id >= $least`, the least identity of $since: no scan, no index. They
    are taken first, in a part of the query that PostgreSQL does not dissolve (`OFFSET 0`), and joined then.
    $read is the end of the last reading: what is told ahead of something that has come by then is told no more.
    excused: SQL over such a row f; where it is true, an audit does not miss the news.
    """

    name: str
    sql: str
    excused: str = "false"

    def between(self, since: str, until: str, least: str, read: str | None = None) -> str:
        """The query with its bounds, each an expression or a placeholder of SQL. read: by default the same as until."""
        return Template(self.sql).substitute(since=since, until=until, least=least, read=read or until)


def utc(expression: str) -> str:
    """SQL for an instant as the API writes it: RFC 3339, in UTC; null stays null."""
    return f"""to_char({expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
