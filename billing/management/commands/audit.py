"""`manage.py audit`: prove the books, or show where they lie."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.services import auditing
from billing.services.auditing import Finding, Report


class Command(BaseCommand):
    help = "Prove every promise over the whole database in one snapshot; exits with 1 where one is broken."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="answer in JSON, for programs")
        parser.add_argument(
            "--check",
            action="append",
            default=[],
            metavar="NAME",
            help="ask this check alone; may be repeated",
        )
        parser.add_argument("--list", action="store_true", help="list the checks and what they say")

    def handle(self, *_words: Any, **options: Any) -> None:
        if options["list"]:
            for check in auditing.checks():
                self.stdout.write(f"{check.name:<44} {check.promise:<16} {check.says}")
            return
        try:
            report = auditing.examine(options["check"], tell=self._tell if self.stderr.isatty() else None)
        except auditing.UnknownCheck as fault:
            raise CommandError(f"{fault} `manage.py audit --list` names them all.") from fault
        if not options["check"]:
            auditing.keep(report)
        if self.stderr.isatty():
            self.stderr.write("\r\033[K", ending="")
        self.stdout.write(_as_json(report) if options["json"] else _as_text(report))
        if not report.is_clean:
            raise SystemExit(1)

    def _tell(self, place: int, total: int, name: str) -> None:
        self.stderr.write(f"\r\033[K{place:>3} of {total}  {name}", ending="")
        self.stderr.flush()


def _as_json(report: Report) -> str:
    return json.dumps(
        {
            "is_clean": report.is_clean,
            "started_at": report.started_at.isoformat(),
            "finished_at": report.finished_at.isoformat(),
            "counts": report.counts,
            "checks": [
                {
                    "check": finding.check.name,
                    "promise": finding.check.promise,
                    "verdict": _verdict(finding),
                    "seconds": round(finding.seconds, 3),
                }
                for finding in report.findings
            ],
            "lies": [row for finding in report.lies for row in auditing.told(finding)],
            "notes": [row for finding in report.notes for row in auditing.told(finding)],
        },
        indent=2,
    )


def _as_text(report: Report) -> str:
    width = max(len(finding.check.name) for finding in report.findings)
    rows = [
        f"{finding.check.promise:<15} {finding.check.name:<{width}} {_verdict(finding):>10} {finding.seconds:>8.2f} s"
        for finding in report.findings
    ]
    shown = [part for finding in (*report.lies, *report.notes) for part in _shown(finding)]
    took = (report.finished_at - report.started_at).total_seconds()
    counted = ", ".join(_counted(count, name) for name, count in report.counts.items() if count)
    broken = len(report.lies)
    verdict = (
        f"The books are right: {_counted(len(rows), 'checks')} {'holds' if len(rows) == 1 else 'hold'}"
        if report.is_clean
        else f"The books lie: {broken} of {_counted(len(rows), 'checks')} {'is' if broken == 1 else 'are'} broken"
    )
    return "\n".join(
        [*rows, *shown, "", f"{verdict}, in {took:.1f} s, over {counted or 'an empty database'}."]
    )


def _counted(count: int, name: str) -> str:
    """`debit_lines` as "1 debit line" or "1,204 debit lines"."""
    many = name.replace("_", " ")
    if count != 1 or name == "news":
        return f"{count:,} {many}"
    return f"1 {many[:-3]}y" if many.endswith("ies") else f"1 {many.removesuffix('s')}"


def _verdict(finding: Finding) -> str:
    if finding.fault:
        return "not asked"
    if not finding.lies:
        return "holds"
    word = "note" if finding.check.is_note else "lie"
    many = f"{len(finding.lies)}{'+' if finding.has_more else ''}"
    return f"{many} {word}{'' if many == '1' else 's'}"


def _shown(finding: Finding) -> list[str]:
    heading = "Note" if finding.is_note else "Broken"
    lines = ["", f"{heading}: {finding.check.name}. {finding.check.says}"]
    if finding.fault:
        lines.append(f"  The check could not be asked: {finding.fault}")
    for lie in finding.lies:
        lines.append("  " + ", ".join(f"{name} {_text(value)}" for name, value in lie.items()))
    if finding.has_more:
        lines.append(f"  … and more than these {auditing.MOST_LIES}.")
    return lines


def _text(value: Any) -> str:
    told = auditing.plainly(value)
    if told is None:
        return "none"
    return told if isinstance(told, str) else json.dumps(told, default=str)
