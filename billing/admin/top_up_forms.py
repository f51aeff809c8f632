"""The forms of top-ups: the rule by which an account buys packs by itself, and whether a purchase is paid."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.http import Http404

from billing.admin.account_grants import AccountFormPage, FormToken, told_of
from billing.errors import TopUpRuleChanged
from billing.models import TopUp, TopUpRule
from billing.models.top_up import MOST_A_WINDOW, MOST_REFUSALS
from billing.queries.top_ups import rule_of
from billing.queries.top_ups_shown import packs_of, words_of
from billing.rules.top_ups import MOST_PACKS, RuleAsked
from billing.services import orders_by_hand, top_up_rules, top_ups
from config.desk.forms import AmountField, DeskForm, ReasonField
from config.kernel.amounts import MONEY_PLACES
from config.kernel.errors import DomainError
from config.kernel.money import in_currency
from wallets.queries.units import unit_named

SETTLES = "billing.settle_topup"


class TopUpFormPage(AccountFormPage):
    """A form about the account's rule for the token unit of the address."""

    back_to = "top_ups"

    def find(self, object_id: Any, **options: Any) -> None:
        super().find(object_id, **options)
        self.unit = unit_named(self.unit_asked())
        self.rule = rule_of(self.account.pk, self.unit.pk)

    def address(self) -> str:
        return f"{super().address()}&unit={self.unit.code}"

    def context(self) -> dict[str, Any]:
        words = words_of(self.rule) if self.rule else ""
        return {**super().context(), "unit": self.unit, "rule": self.rule, "words": words}


class RuleForm(DeskForm):
    seen = forms.IntegerField(widget=forms.HiddenInput)
    threshold = AmountField(
        label="Buy when available falls to",
        least=Decimal(0),
        help_text="Tokens at which, or below which, packs are bought.",
    )
    fill_to = AmountField(
        label="Fill up to", least=Decimal(0), help_text="So many whole packs as close the gap to this."
    )
    sku = forms.ChoiceField(label="Pack")
    most = forms.IntegerField(label="Purchases, at most", min_value=1, max_value=MOST_A_WINDOW)
    window = forms.ChoiceField(label="Counted", choices=TopUpRule.Window.choices, initial="month")
    most_packs = forms.IntegerField(
        label="Packs in one purchase, at most",
        min_value=1,
        max_value=MOST_PACKS,
        required=False,
        help_text="Empty is what closes the gap.",
    )
    most_amount = AmountField(
        label="Money, at most",
        places=MONEY_PLACES,
        required=False,
        help_text="In the same time, in the pack's currency, at list price; empty is without limit.",
    )
    needs_payment = forms.BooleanField(
        label="Wait for the payment",
        required=False,
        help_text="Tokens come when somebody here confirms that they are paid.",
    )
    breaks_after = forms.IntegerField(
        label="Switch off after",
        min_value=1,
        max_value=MOST_REFUSALS,
        initial=3,
        help_text="Refusals in a row. Only a person switches it on again.",
    )
    reason = ReasonField(help_text="What was agreed with the customer; it stands in the books.")

    def show_as_seen(self, revision: int) -> None:
        """Let saving again replace what there is now."""
        self.data = self.data.copy()
        self.data["seen"] = str(revision)


class RulePage(TopUpFormPage):
    """Let the account buy packs by itself, or by another rule."""

    permissions = ("billing.add_topuprule",)
    template_name = "desk/top_ups/rule.html"
    form_class = RuleForm

    def title(self) -> str:
        return f"{'Change' if self.rule else 'Set up'} the automatic top-up"

    def initial(self) -> dict[str, Any]:
        if self.rule is None:
            return {"seen": 0, "most": 3}
        names = [name for name in RuleForm.base_fields if name not in ("seen", "reason")]
        return {"seen": self.rule.revision, **{name: getattr(self.rule, name) for name in names}}

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        form = super().form(data, files)
        choices = [
            (each.code, f"{each.code} · {each.name} · {in_currency(each.list_price, each.currency)}")
            for each in packs_of(self.unit)
        ]
        present = self.rule.sku if self.rule else ""
        if present and present not in dict(choices):
            choices.append((present, f"{present} · not on sale any more"))
        form.fields["sku"].choices = choices
        if not self.request.user.has_perm(SETTLES):
            form.fields["needs_payment"].disabled = True  # what is disabled keeps its initial value
            form.initial["needs_payment"] = True
            form.fields["needs_payment"].help_text = "Only finance lets tokens come before they are paid."
        return form

    def explain(self, form: Any, refusal: DomainError) -> None:
        super().explain(form, refusal)
        if isinstance(refusal, TopUpRuleChanged):
            form.show_as_seen(refusal.revision)
            form.add_error(None, "What holds now is shown beside; save again to replace it.")

    def act(self, asked: dict[str, Any]) -> str:
        names = [name for name in RuleForm.base_fields if name != "reason"]
        is_on = self.rule.is_on if self.rule else True
        wanted = RuleAsked(unit=self.unit.code, is_on=is_on, **{name: asked[name] for name in names})
        rule = top_up_rules.set_rule(
            account_id=self.account.pk, asked=wanted, author=self.author(asked["reason"])
        )
        return self.done(words_of(rule) if rule.is_on else "Saved. The rule is off.")


class SwitchForm(DeskForm):
    reason = ReasonField(help_text="It stands in the books beside your name.")


class SwitchPage(TopUpFormPage):
    """Switch the rule off, or on again after the breaker or a person switched it off."""

    permissions = ("billing.add_topuprule",)
    template_name = "desk/top_ups/switch.html"
    form_class = SwitchForm

    def find(self, object_id: Any, **options: Any) -> None:
        super().find(object_id, **options)
        if self.rule is None:
            raise Http404

    def title(self) -> str:
        return "Switch the top-up off" if self.rule.is_on else "Switch the top-up on"

    def act(self, asked: dict[str, Any]) -> str:
        switch = top_up_rules.switch_off if self.rule.is_on else top_up_rules.switch_on
        rule = switch(account_id=self.account.pk, unit_id=self.unit.pk, author=self.author(asked["reason"]))
        return self.done(f"The top-up is {'on' if rule.is_on else 'off'}.")


class SettlePage(TopUpFormPage):
    """Say of a purchase that waits whether it is paid."""

    permissions = ("billing.settle_topup",)
    form_class = SwitchForm
    template_name = "desk/top_ups/settle.html"

    def find(self, object_id: Any, top_up_id: Any = None, **_kwargs: Any) -> None:
        AccountFormPage.find(self, object_id)
        rows = TopUp.objects.filter(account=self.account, pk=top_up_id).select_related("rule__unit")
        found = rows.first()
        if found is None:
            raise Http404
        self.top_up, self.rule, self.unit = found, found.rule, found.rule.unit

    def context(self) -> dict[str, Any]:
        return {**super().context(), "top_up": self.top_up, "button": self.title()}


class ConfirmForm(FormToken):
    reason = ReasonField(
        help_text="Such as the payment's reference. It stands in the books beside your name."
    )


class ConfirmPage(SettlePage):
    form_class = ConfirmForm

    def initial(self) -> dict[str, Any]:
        return {"form_token": uuid4().hex}

    def title(self) -> str:
        return "Confirm that it is paid"

    def act(self, asked: dict[str, Any]) -> str:
        done = orders_by_hand.confirm(
            top_up_id=self.top_up.pk,
            reason=asked["reason"],
            form_token=asked["form_token"],
            user=self.request.user,
        )
        told_of(self.request, done, f"{self.top_up} is bought; its tokens are there.")
        return self.address()


class RefusePage(SettlePage):
    def title(self) -> str:
        return "Refuse it"

    def act(self, asked: dict[str, Any]) -> str:
        made = top_ups.refuse(top_up_id=self.top_up.pk, author=self.author(asked["reason"]))
        return self.done(f"{made} is refused.")


class CancelPage(SettlePage):
    def title(self) -> str:
        return "Withdraw it"

    def act(self, asked: dict[str, Any]) -> str:
        made = top_ups.cancel(top_up_id=self.top_up.pk, author=self.author(asked["reason"]))
        return self.done(f"{made} is withdrawn; it counts as no refusal.")
