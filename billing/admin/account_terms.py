"""Which rate table an account pays by, from which instant; and taking back what is scheduled."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404

from billing.admin.account_grants import AccountFormPage
from billing.admin.fields import SEGMENT, segment_choices, table_choices
from billing.queries.account_terms import TermsLine, terms_lines
from config.desk.forms import BeginningForm, DeskForm, ReasonField
from usage.queries.terms import default_table, own_terms, table_at
from usage.rules.enrolment import Enrolment
from usage.services import terms


class TermsForm(BeginningForm):
    rate_table = forms.ChoiceField(
        label="Rate table", required=False, help_text="Its own, or that of a segment, or the default one."
    )
    reason = ReasonField()

    field_order = ["rate_table", "when", "effective_from", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rate_table"].choices = [*table_choices(), *segment_choices()]


class TermsFormPage(AccountFormPage):
    """A page that changes by which table the account pays."""

    permissions = ("usage.add_terms",)
    back_to = "terms"


class TermsPage(TermsFormPage):
    """Which rate table prices the account's usage, from now on or from a later instant."""

    template_name = "desk/account/terms.html"
    form_class = TermsForm

    def title(self) -> str:
        return "Change the rate table"

    def initial(self) -> dict[str, Any]:
        own = own_terms(self.account.pk, self.now)
        if own is not None and own.segment is not None:
            return {"rate_table": f"{SEGMENT}{own.segment.code}", "when": "now"}
        return {"rate_table": own.table.code if own and own.table else "", "when": "now"}

    def context(self) -> dict[str, Any]:
        return {
            **super().context(),
            "table": table_at(self.account.pk, self.now),
            "default": default_table(self.now),
            "scheduled": [line for line in terms_lines(self.account, self.now) if line.is_ahead][::-1],
        }

    def act(self, asked: dict[str, Any]) -> str:
        chosen, begins = asked["rate_table"], asked["effective_from"]
        segment = chosen.removeprefix(SEGMENT) if chosen.startswith(SEGMENT) else None
        wanted = (
            Enrolment(segment=segment, rate_table_from=begins)
            if segment
            else Enrolment(rate_table=chosen or None, rate_table_from=begins)
        )
        author = self.author(asked["reason"])
        done = terms.enrol(reference=self.account.reference, asked=wanted, author=author)
        if not done.is_bound:
            messages.info(self.request, "Nothing is changed: it pays by that rate table then anyway.")
        else:
            when = f"{begins:%-d %b %Y %H:%M} UTC" if begins else "now"
            messages.success(self.request, f"The new rate table holds for usage from {when} on.")
        return self.address()


class WithdrawTermsForm(DeskForm):
    reason = ReasonField(help_text="Why it is not to come.")


class WithdrawTermsPage(TermsFormPage):
    """Take a scheduled rate table back before it begins."""

    template_name = "desk/account/terms_withdraw.html"
    form_class = WithdrawTermsForm

    def find(self, object_id: Any, **kwargs: Any) -> None:
        super().find(object_id)
        self.lines = terms_lines(self.account, self.now)
        found = [line for line in self.lines if line.terms.pk == kwargs["terms_id"]]
        if not found:
            raise Http404
        self.line: TermsLine = found[0]

    def title(self) -> str:
        return "Withdraw a scheduled rate table"

    def context(self) -> dict[str, Any]:
        """What holds until then, and until when it then goes on."""
        begins = self.line.terms.effective_from
        others = [line for line in self.lines if line is not self.line and line.withdrawal is None]
        before = [line for line in others if begins and line.began_by(begins)]
        after = [line for line in others if begins and not line.began_by(begins)]
        return {
            **super().context(),
            "line": self.line,
            "goes_on": before[0].pays_by if before else "the default table",
            "next": after[-1] if after else None,
        }

    def act(self, asked: dict[str, Any]) -> str:
        terms.withdraw(
            account_id=self.account.pk, terms_id=self.line.terms.pk, author=self.author(asked["reason"])
        )
        return self.done(f"It will not pay by {self.line.pays_by}. That stays on record.")
