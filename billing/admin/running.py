"""How the machine room fares: audits of the books and jobs."""

from __future__ import annotations

from django.contrib import admin
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from billing.queries.jobs import failed, is_late
from config.desk.desks import ReadOnlyDesk
from config.desk.templatetags.desk import badge, moment
from config.kernel.models import AuditRun, Run


@admin.register(AuditRun)
class AuditRunDesk(ReadOnlyDesk):
    list_display = ["started", "verdict", "took", "lies"]
    list_filter = ["is_clean"]
    fieldsets = [(None, {"fields": ["started", "took", "verdict", "found", "counted"]})]

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
        rows = format_html_join(
            "", "<li><code>{}</code></li>", ((str(each),) for each in audit.findings[:200])
        )
        return format_html('<ul class="d-findings">{}</ul>', rows)

    @admin.display(description="Looked at")
    def counted(self, audit: AuditRun) -> str:
        pairs = sorted(audit.counts.items())
        rows = format_html_join(
            "",
            "<li>{}: {}</li>",
            (
                (name.replace("_", " "), f"{count:,}" if isinstance(count, int) else count)
                for name, count in pairs
            ),
        )
        return format_html("<ul>{}</ul>", rows) if pairs else "–"


@admin.register(Run)
class RunDesk(ReadOnlyDesk):
    list_display = ["job", "for_period", "started", "state", "took"]
    list_filter = ["job"]
    ordering = ["-started_at"]
    fieldsets = [(None, {"fields": ["job", "for_period", "started", "state", "took", "detail"]})]

    @admin.display(description="Period")
    def for_period(self, run: Run) -> str:
        return run.period

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
