"""How the machine room fares: audits of the books and jobs."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from billing.queries.jobs import failed, is_late
from config.desk.desks import ReadOnlyDesk
from config.desk.templatetags.desk import badge, fact, moment
from config.kernel.models import AuditRun, Run

LIES_SHOWN = 200


@admin.register(AuditRun)
class AuditRunDesk(ReadOnlyDesk):
    purpose = (
        "Each proof of the books: every night, and whenever somebody runs manage.py audit. Open one to see "
        "what it found."
    )
    list_display = ["started", "verdict", "took", "lies"]
    list_filter = ["is_clean"]
    fieldsets = [(None, {"fields": ["started", "took", "verdict", "found", "noted", "counted"]})]

    @admin.display(description="Started", ordering="started_at")
    def started(self, audit: AuditRun) -> str:
        return moment(audit.started_at)

    @admin.display(description="Verdict")
    def verdict(self, audit: AuditRun) -> str:
        return badge("the books are right", "good") if audit.is_clean else badge("the books lie", "bad")

    @admin.display(description="Took")
    def took(self, audit: AuditRun) -> str:
        return f"{(audit.finished_at - audit.started_at).total_seconds():.1f} s"

    @admin.display(description="Lies")
    def lies(self, audit: AuditRun) -> int:
        return len(audit.findings)

    @admin.display(description="Findings")
    def found(self, audit: AuditRun) -> str:
        if not audit.findings:
            return "None: every promise holds for every row."
        by_check: dict[str, list[Any]] = {}
        for each in audit.findings[:LIES_SHOWN]:
            by_check.setdefault(str(each.get("says") or each.get("check")), []).append(each)
        said = ((says, _lies(rows)) for says, rows in by_check.items())
        return format_html_join("", "<div><strong>{}</strong><ul>{}</ul></div>", said)

    @admin.display(description="Looked at")
    def counted(self, audit: AuditRun) -> str:
        figures = [(name, count) for name, count in sorted(audit.counts.items()) if isinstance(count, int)]
        rows = ((name.replace("_", " "), f"{count:,}") for name, count in figures)
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}: {}</li>", rows)) if figures else "–"

    @admin.display(description="Notes")
    def noted(self, audit: AuditRun) -> str:
        notes = [(str(text),) for name, text in sorted(audit.counts.items()) if name.startswith("note_")]
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", notes)) if notes else "–"


def _lies(rows: list[Any]) -> SafeString:
    """Each row that lies, value by value."""
    said = ((each.get("fault") or _values(each.get("row") or {}),) for each in rows)
    return format_html_join("", "<li><code>{}</code></li>", said)


def _values(row: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.items()) or "–"


@admin.register(Run)
class RunDesk(ReadOnlyDesk):
    purpose = "What the product does by itself, each job once a period."
    list_display = ["job", "for_period", "started", "state", "took"]
    list_filter = ["job"]
    ordering = ["-started_at"]
    fieldsets = [(None, {"fields": ["job", "for_period", "started", "state", "took", "detail"]})]

    @admin.display(description="Period")
    def for_period(self, run: Run) -> str:
        return fact(run.period)

    @admin.display(description="Started", ordering="started_at")
    def started(self, run: Run) -> str:
        return moment(run.started_at)

    @admin.display(description="State")
    def state(self, run: Run) -> SafeString:
        if failed(run):
            return badge("failed", "bad")
        if run.finished_at:
            return badge("done", "good")
        return badge("not finished", "bad") if is_late(run, timezone.now()) else badge("running", "wait")

    @admin.display(description="Took")
    def took(self, run: Run) -> str:
        return f"{(run.finished_at - run.started_at).total_seconds():.1f} s" if run.finished_at else "–"
