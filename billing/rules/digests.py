"""A weekly digest as a mail: the same figures as plain text and as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from html import escape

WRITTEN_AT = time(6)
"""On Mondays, in UTC."""
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Line:
    """A figure and what it is of. note: a few words more. page: that says more, a path below the admin's."""

    name: str
    figure: str
    note: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Figures that belong together. nothing: said where there are none. page: that says more, as a line's."""

    title: str
    lines: Sequence[Line]
    nothing: str = "Nothing."
    page: str = ""


@dataclass(frozen=True, slots=True)
class Digest:
    """What one mail tells. name: of the digest. home: the address of the admin, with a slash at its end.

    day: of UTC, before which the week is that it tells of. A Monday, unless it was written late.
    """

    name: str
    day: date
    sections: Sequence[Section]
    home: str

    @property
    def subject(self) -> str:
        return f"{self.name}: the week until {self.day - timedelta(days=1):%-d %B %Y}"

    @property
    def text(self) -> str:
        """Plain text, a line a figure."""
        found = [self.subject, ""]
        for section in self.sections:
            found += [section.title, "-" * len(section.title)]
            found += [text for line in section.lines for text in self._plain(line)] or [section.nothing]
            found += [f"More: {self.home}{section.page}"] if section.page else []
            found.append("")
        return "\n".join([*found, "-- ", FOOT, ""])

    @property
    def html(self) -> str:
        """The same for readers of mail that show HTML; nothing is fetched from anywhere."""
        body = "".join(self._section(each) for each in self.sections)
        style = "font-family:sans-serif;font-size:14px;line-height:1.5;color:#1b2a2f;max-width:640px"
        return (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(self.subject)}</title></head>'
            f'<body style="{style}"><h1 style="font-size:18px">{escape(self.subject)}</h1>{body}'
            f'<p style="color:#5b6b70;font-size:12px">{escape(FOOT)}</p></body></html>'
        )

    def _plain(self, line: Line) -> list[str]:
        told = f"{line.name}: {line.figure}{f' ({line.note})' if line.note else ''}"
        return [told, f"  {self.home}{line.page}"] if line.page else [told]

    def _section(self, section: Section) -> str:
        title = f'<h2 style="font-size:15px;margin:20px 0 6px">{self._led(section.title, section.page)}</h2>'
        if not section.lines:
            return f"{title}<p>{escape(section.nothing)}</p>"
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left;font-weight:normal;padding:3px 16px 3px 0">'
            f"{self._led(line.name, line.page)}{_note(line.note)}</th>"
            f'<td style="text-align:right;padding:3px 0;vertical-align:top">{escape(line.figure)}</td></tr>'
            for line in section.lines
        )
        return f'{title}<table style="border-collapse:collapse;width:100%">{rows}</table>'

    def _led(self, words: str, page: str) -> str:
        """The words, leading to a page where there is one."""
        if not page:
            return escape(words)
        return f'<a href="{escape(self.home + page)}" style="color:#0f6b75">{escape(words)}</a>'


FOOT = "Sent by Tokendesk once a week, because you chose it. You choose otherwise in the admin, under Weekly digest."


def week_of(moment: datetime) -> date:
    """The Monday whose digest is the newest one due: from six o'clock UTC on the present week's, before the former."""
    at = moment.astimezone(UTC) - timedelta(hours=WRITTEN_AT.hour)
    return at.date() - timedelta(days=at.weekday())


def due_at(week: date) -> datetime:
    """When the digest of that Monday is written."""
    return datetime.combine(week, WRITTEN_AT, UTC)


def _note(note: str) -> str:
    return f'<br><span style="color:#5b6b70;font-size:12px">{escape(note)}</span>' if note else ""
