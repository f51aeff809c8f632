"""What holds for an account: policy, state and its own description. Each page is one enrolment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from billing.admin.account_grants import AccountFormPage
from billing.admin.fields import ExternalIdsField
from billing.admin.ladders import LadderFields, ladder_as_fields
from billing.admin.policy_rehearsals import Rehearsal, RehearsingPage, rehearsal_of
from billing.errors import EditedMeanwhile
from billing.queries.account_fields import own_fields
from billing.services import editing
from billing.services.editing import Edit
from config.desk.forms import DeskForm, ReasonField
from config.kernel.errors import DomainError
from usage.queries.policies import own_policy, ruling_at
from usage.queries.rulings import line_of, next_ruling
from usage.rules.enrolment import Enrolment
from usage.services import terms
from wallets.models import Account


class ChangePage(AccountFormPage):
    """Merge one answer into the account."""

    success = "Saved."

    def wanted(self, asked: dict[str, Any]) -> Enrolment:
        raise NotImplementedError

    def act(self, asked: dict[str, Any]) -> str:
        terms.enrol(
            reference=self.account.reference, asked=self.wanted(asked), author=self.author(asked["reason"])
        )
        return self.done(self.success)


class PolicyForm(LadderFields):
    reason = ReasonField()


class PolicyPage(RehearsingPage, ChangePage):
    """What becomes of what the account's grants do not pay, and the steps there, from now on."""

    permissions = ("usage.add_policy",)
    template_name = "desk/account/policy.html"
    form_class = PolicyForm
    back_to = "terms"
    success = "The new policy holds from now on."

    def title(self) -> str:
        return "Change the policy"

    def initial(self) -> dict[str, Any]:
        return ladder_as_fields(own_policy(self.account.pk))

    def context(self) -> dict[str, Any]:
        return {**super().context(), "rules": line_of(ruling_at(self.account.pk))}

    def rehearsal(self, asked: dict[str, Any]) -> Rehearsal:
        policy = asked["policy"] or next_ruling(self.account.pk, self.now).policy
        return rehearsal_of(self.account, policy, self.now)

    def wanted(self, asked: dict[str, Any]) -> Enrolment:
        return Enrolment(policy=asked["policy"])


class StateForm(DeskForm):
    state = forms.ChoiceField(
        choices=[
            ("active", "Active: may spend and get tokens"),
            ("suspended", "Suspended: spends nothing, may get tokens; reversals go on"),
            ("closed", "Closed: spends nothing and gets none; what it has stays booked"),
        ],
        widget=forms.RadioSelect,
    )
    reason = ReasonField()


class StatePage(ChangePage):
    """Suspend an account, close it, or let it spend again."""

    permissions = ("wallets.change_account",)
    template_name = "desk/account/state.html"
    form_class = StateForm
    success = "The account's state is changed."

    def title(self) -> str:
        return "Suspend or close"

    def initial(self) -> dict[str, Any]:
        return {"state": self.account.state}

    def wanted(self, asked: dict[str, Any]) -> Enrolment:
        return Enrolment(state=asked["state"])


class EditForm(DeskForm):
    """Carries beside each field what it was when the page was shown, so that only what a person changed is written."""

    name = forms.CharField(max_length=200, required=False, show_hidden_initial=True)
    time_zone = forms.CharField(
        max_length=64,
        help_text="IANA name; a new one counts from the next period.",
        show_hidden_initial=True,
    )
    parent = forms.CharField(
        max_length=128,
        required=False,
        help_text="Reference of the account above it; empty is none.",
        show_hidden_initial=True,
    )
    external_ids = ExternalIdsField(show_hidden_initial=True)
    reason = ReasonField(required=False)

    def clean_parent(self) -> str:
        parent: str = self.cleaned_data["parent"].strip()
        if parent and not Account.objects.filter(reference=parent).exists():
            raise forms.ValidationError(f"There is no account {parent}.")
        return parent

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        changed = [name for name in self.changed_data if name in self.initial and name in asked]
        asked["edits"] = {name: Edit(self._was(name), asked[name]) for name in changed}
        return asked

    def _was(self, name: str) -> Any:
        """What the page showed: the present value where that looks the same, else the one that its text spells."""
        bound, present = self[name], self.initial[name]
        text = "\n".join(self.data.get(bound.html_initial_name, "").splitlines())
        return present if text == bound.field.prepare_value(present) else bound.field.to_python(text)

    def mark_as_seen(self, present: Mapping[str, Any]) -> None:
        """Show these fields as seen at their present values, so that saving again replaces them knowingly."""
        self.data = self.data.copy()
        for name, value in present.items():
            self.data[self[name].html_initial_name] = self.fields[name].prepare_value(value)


class EditPage(AccountFormPage):
    """What the account is called, here and in other systems."""

    permissions = ("wallets.change_account",)
    template_name = "desk/account/edit.html"
    form_class = EditForm

    def title(self) -> str:
        return "Edit the account"

    def initial(self) -> dict[str, Any]:
        return own_fields(self.account)

    def act(self, asked: dict[str, Any]) -> str:
        editing.edit(account_id=self.account.pk, edits=asked["edits"], author=self.author(asked["reason"]))
        return self.done("Saved." if asked["edits"] else "Nothing was changed.")

    def explain(self, form: EditForm, refusal: DomainError) -> None:
        if not isinstance(refusal, EditedMeanwhile):
            super().explain(form, refusal)
            return
        form.mark_as_seen(refusal.present)
        form.add_error(None, f"{refusal.detail} Save again to put yours in place of theirs.")
        for name, sentence in refusal.told.items():
            form.add_error(name, sentence)
