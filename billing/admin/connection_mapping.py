"""Which field of theirs becomes which of ours, and the other way round: edited in a table, tried on what came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse

from billing.admin.connection_frame import BODIES, CHANGED, SEEN, OfConnection, identity, takes_calls
from billing.models import Received
from billing.queries.connection_records import last_received, received_of
from billing.queries.field_rules import changes, rules_by_field
from billing.rules.mapping import IN, Rule, Target
from billing.services import field_mapping, mapping_previews
from billing.services.field_mapping import Field, field_of
from billing.services.mapping_previews import Preview
from config.kernel.errors import DomainError

Wanted = dict[Field, Rule | None]


@dataclass(frozen=True, slots=True)
class Row:
    """A field in the table. expression, values: as they stand in the form; fault: why they can't be taken.

    saved: what is saved, where the form says something else; none where that is the same.
    """

    target: Target
    key: str
    expression: str
    values: str
    is_left_out: bool
    is_edited: bool
    fault: str = ""
    saved: str | None = None


def key_of(target: Target) -> str:
    """The field's name in the form."""
    return "-".join(field_of(target))


def values_text(values: Mapping[str, str]) -> str:
    return "\n".join(f"{theirs} = {ours}" for theirs, ours in values.items())


def read_values(text: str) -> tuple[dict[str, str], str]:
    """The table of values in a text area, and why a line of it can't be read; empty where all can."""
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        theirs, sign, ours = line.partition("=")
        if not sign or not theirs.strip():
            return found, f"“{line[:60]}” is not of the form theirs = ours."
        found[theirs.strip()] = ours.strip()
    return found, ""


def wanted_of(said: QueryDict, targets: list[Target]) -> tuple[Wanted, dict[Field, str]]:
    """What the form says of each field, and what can't be read of it. An empty expression is the connector's own."""
    wanted: Wanted = {}
    faults: dict[Field, str] = {}
    for target in targets:
        key = key_of(target)
        if f"x-{key}" not in said:
            continue
        values, fault = read_values(said.get(f"v-{key}", ""))
        expression = said[f"x-{key}"].strip()
        if fault:
            faults[field_of(target)] = fault
        if f"n-{key}" in said:
            wanted[field_of(target)] = Rule("")
        elif expression or values:
            wanted[field_of(target)] = Rule(expression or target.expression, values)
        else:
            wanted[field_of(target)] = None
    return wanted, faults


class Tries(OfConnection):
    """What both pages share that show what a record comes to: one that came in, or one that somebody pastes."""

    def tried(self, received: Received | None, rules: Mapping[Field, Rule | None]) -> Preview | None:
        """Nothing is written. What is left out is asked for by a button alone, and not while somebody writes."""
        said, connector = self.request.POST, self.needed()
        asks, pasted = "ask" in said, said.get("event", "").strip()
        if pasted:
            return mapping_previews.preview_of(self.row, pasted, connector, rules, asks=asks)
        return mapping_previews.preview(received, connector, rules, asks=asks) if received else None


class MappingPage(Tries):
    """The table, the changes made to it, and what a record comes to by it."""

    permissions = SEEN
    template_name = "desk/connections/fields.html"

    def title(self) -> str:
        return f"Fields of {self.row}"

    @property
    def targets(self) -> list[Target]:
        return list(self.needed().targets)

    def context(self) -> dict[str, Any]:
        return {
            **super().context(),
            **self._table(rules_by_field(self.row.pk), {}, self.request.GET.get("record")),
        }

    def _table(
        self, rules: Mapping[Field, Rule | None], faults: Mapping[Field, str], record: str | None
    ) -> dict[str, Any]:
        saved = rules_by_field(self.row.pk)
        rows = [_row(each, rules, saved, faults.get(field_of(each), "")) for each in self.targets]
        may_see = self.request.user.has_perm(BODIES)
        offered = last_received(self.row.pk) if may_see else []
        chosen = (identity(record) or (offered[0].pk if offered else None)) if may_see else None
        received = received_of(self.row.pk, chosen) if chosen else None
        if received and received not in offered:
            offered = [received, *offered]
        made = changes(self.row.pk)
        return {
            "incoming": [each for each in rows if each.target.direction == IN],
            "outgoing": [each for each in rows if each.target.direction != IN],
            "changes": made,
            "seen": made[0].number if made else 0,
            "unknown": field_mapping.unknown_rules(self.row.pk, self.targets),
            "may_change": self.request.user.has_perms(CHANGED),
            "may_see": may_see,
            "offered": offered,
            "chosen": received,
            "takes_calls": takes_calls(self.connector),
            "may_try": may_see and self.request.user.has_perms(CHANGED),
            "preview": self.tried(received, rules) if may_see else None,
        }

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        if not request.user.has_perms(CHANGED):
            return HttpResponse(status=403)
        wanted, faults = wanted_of(request.POST, self.targets)
        is_try = "try" in request.POST or "ask" in request.POST
        if not is_try and not faults:
            try:
                self._save(wanted)
                return HttpResponseRedirect(self._page_with(identity(request.POST.get("record"))))
            except DomainError as refusal:
                messages.error(request, refusal.detail)
                faults = field_mapping.faults_of(wanted)
        elif faults and not is_try:
            messages.error(request, "A table of values can't be read; nothing was saved.")
        rules = {**rules_by_field(self.row.pk), **wanted}
        shown = self._table(rules, faults, request.POST.get("record"))
        # Who was refused because somebody else was first sees what is there now, and what he wrote stays in the form.
        pasted = request.POST.get("event", "")
        return self.shown(**shown, reason=request.POST.get("reason", ""), pasted=pasted)

    def _page_with(self, record: UUID | None) -> str:
        page = reverse("admin:billing_connection_mapping", args=[self.row.pk])
        return f"{page}?record={record}" if record else page

    def _save(self, wanted: Wanted) -> None:
        seen = self.request.POST.get("seen", "")
        count = field_mapping.save(
            connection_id=self.row.pk,
            targets=self.targets,
            wanted=wanted,
            seen=int(seen) if seen.isdecimal() and len(seen) < 15 else 0,
            user=self.request.user,
            reason=self.request.POST.get("reason", "").strip()[:100],
        )
        said = f"{count} field{'' if count == 1 else 's'} changed; it holds for what is read from now on."
        messages.success(self.request, said if count else "Nothing was changed.")


class PreviewPage(Tries):
    """What a record comes to by what stands in the form, for the page's script. Nothing is written."""

    permissions = (*CHANGED, BODIES)

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        chosen = identity(request.POST.get("record"))
        received = received_of(self.row.pk, chosen) if chosen else None
        wanted, faults = wanted_of(request.POST, list(self.needed().targets))
        preview = self.tried(received, wanted)
        if preview is None:
            raise Http404
        context = {
            "preview": preview,
            "faults": {"-".join(where): why for where, why in faults.items()},
            "may_try": True,
            "row": self.row,
        }
        response = TemplateResponse(request, "desk/connections/preview.html", context)
        response["Cache-Control"] = "no-store"
        return response


def _row(target: Target, rules: Mapping[Field, Rule | None], saved: Mapping[Field, Rule], fault: str) -> Row:
    rule, kept = rules.get(field_of(target)), saved.get(field_of(target))
    is_own = rule is not None and rule.expression != target.expression
    return Row(
        target=target,
        key=key_of(target),
        expression=rule.expression if rule is not None and is_own else "",
        values=values_text(rule.values) if rule else "",
        is_left_out=rule is not None and not rule.expression and bool(target.expression),
        is_edited=rule is not None,
        fault=fault,
        saved=None if rule == kept else (kept.expression if kept else target.expression),
    )
