"""What happens to a quotation: approval, sending, a revision, and what the customer says."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.urls import reverse

from billing.admin.account_grants import FormToken, told_of
from billing.admin.quotation_pages import OfQuotation
from billing.services import orders_by_hand, quotation_answers, quoting
from config.desk.forms import DeskForm, ReasonField
from config.desk.pages import DeskActPage


class EditsForm(DeskForm):
    """Carries which save of the draft the person saw."""

    edits = forms.IntegerField(widget=forms.HiddenInput)


class AskForm(EditsForm):
    note = ReasonField(label="Note", required=False, help_text="What the second person should know.")


class DecideForm(EditsForm):
    reason = ReasonField(required=False, help_text="Needed to send it back: the author reads it.")
    verdict = forms.ChoiceField(
        choices=[("approved", ""), ("returned", "")], widget=forms.HiddenInput, initial="approved"
    )

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        if asked.get("verdict") == "returned" and not asked.get("reason"):
            self.add_error("reason", "Say why it is sent back.")
        return asked


class AcceptForm(FormToken):
    answered_by = forms.CharField(
        label="Who accepted it",
        max_length=150,
        help_text="The person at the customer. It stands in the books.",
    )
    reference = forms.CharField(
        label="Their reference",
        max_length=150,
        required=False,
        help_text="Such as a purchase order's number.",
    )


class DeclineForm(DeskForm):
    answered_by = forms.CharField(label="Who declined it", max_length=150, required=False)
    reason = ReasonField(required=False, help_text="What they said.")


class _Asks(DeskActPage, OfQuotation):
    """A page that asks about one quotation, with what the quotation says beside it, and leads back to it."""

    permissions = ("billing.change_quotation",)
    template_name = "desk/quotations/act.html"

    def initial(self) -> dict[str, Any]:
        return {"edits": self.quotation.edits}


class AskPage(_Asks):
    form_class = AskForm
    button = "Ask for approval"
    about = "Somebody else approves the draft as it stands; an edit after that needs another approval."

    def title(self) -> str:
        return f"Ask for approval of the quotation to {self.quotation.account}"

    def act(self, asked: dict[str, Any]) -> str:
        quoting.ask(
            quotation_id=self.quotation.pk, edits=asked["edits"], note=asked["note"], user=self.request.user
        )
        return self.done("It is in review: somebody else can approve it.")


class DecidePage(_Asks):
    permissions = ("billing.approve_quotation",)
    template_name = "desk/quotations/decide.html"
    form_class = DecideForm

    def title(self) -> str:
        return f"Decide on the quotation to {self.quotation.account}"

    def act(self, asked: dict[str, Any]) -> str:
        quoting.decide(
            quotation_id=self.quotation.pk,
            edits=asked["edits"],
            verdict=asked["verdict"],
            reason=asked["reason"],
            user=self.request.user,
        )
        if asked["verdict"] == "approved":
            return self.done("It is approved and can be sent as it stands.")
        return self.done(f"It is sent back to {self.quotation.author}.")


class SendPage(_Asks):
    form_class = EditsForm
    button = "Send it"
    about = (
        "It gets its number and never changes from now on. It is given to the customer by you: print it, "
        "or keep it as a file."
    )

    def title(self) -> str:
        return f"Send the quotation to {self.quotation.account}"

    def act(self, asked: dict[str, Any]) -> str:
        sent = quoting.send(quotation_id=self.quotation.pk, edits=asked["edits"], user=self.request.user)
        return self.done(f"{sent.number} is sent. Print it for the customer, or send its PDF.")


class RevisePage(_Asks):
    button = "Write a revision"
    about = "A draft that says the same. When it is sent it takes the place of this one, which can't be accepted then."

    def title(self) -> str:
        return f"Revise {self.quotation.number}"

    def act(self, asked: dict[str, Any]) -> str:
        made = quoting.revise(quotation_id=self.quotation.pk, user=self.request.user)
        return reverse("admin:billing_quotation_edit", args=[made.pk])


class AcceptPage(_Asks):
    permissions = ("billing.change_quotation", "billing.add_order")
    form_class = AcceptForm
    button = "Accept: place the order"
    about = (
        "What it offers takes effect at once: tokens, seats and the plan, in the amounts of the quotation. "
        "Beyond what the rule for orders by hand lets one person do, it waits for a second one."
    )

    def title(self) -> str:
        return f"{self.quotation.account} accepts {self.quotation.number}"

    def initial(self) -> dict[str, Any]:
        return {"form_token": uuid4().hex}

    def act(self, asked: dict[str, Any]) -> str:
        done = orders_by_hand.accept(
            quotation_id=self.quotation.pk,
            answered_by=asked["answered_by"],
            reference=asked["reference"],
            form_token=asked["form_token"],
            user=self.request.user,
        )
        who, order = asked["answered_by"], self.quotation.root_number
        told_of(self.request, done, f"Accepted by {who}: order {order} is placed.")
        return self.address()


class DeclinePage(_Asks):
    form_class = DeclineForm
    button = "Declined"
    about = "It can't be accepted any more; a revision of it can."

    def title(self) -> str:
        return f"{self.quotation.account} declines {self.quotation.number}"

    def act(self, asked: dict[str, Any]) -> str:
        quotation_answers.decline(
            quotation_id=self.quotation.pk,
            answered_by=asked["answered_by"],
            reason=asked["reason"],
            user=self.request.user,
        )
        return self.done(f"{self.quotation.number} is declined.")
