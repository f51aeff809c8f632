"""Accounts: the list, how one is opened, and the desk that has their pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import DecimalField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import URLPattern, reverse
from django.utils.html import format_html

from billing.admin.access import AccessPage, ModePage
from billing.admin.account_billing import BillingPage
from billing.admin.account_changes import EditPage, PolicyPage, StatePage
from billing.admin.account_grants import ExpiryPage, GrantPage, VoidPage
from billing.admin.account_page import AccountPage
from billing.admin.account_reversals import ReversePage
from billing.admin.account_terms import TermsPage, WithdrawTermsPage
from billing.admin.account_trials import IssueTrialPage
from billing.admin.allowances import EndIncludedPage, IncludePage
from billing.admin.budgets import BudgetPage, ChangeBudgetPage, EndBudgetPage, OpenBudgetPage
from billing.admin.buyer_access import PAGES as BUYERS
from billing.admin.buyers import BuyerPage, EraseBuyerPage
from billing.admin.fields import ExternalIdsField, PolicyFields, table_choices
from billing.admin.own_prices import EndOwnPrice, KeepVersionPage, LetGoPage, OwnPricePage
from billing.admin.seats import SeatsPage
from billing.admin.top_up_forms import CancelPage, ConfirmPage, RefusePage, RulePage, SwitchPage
from config.desk.counting import EstimatedPaginator
from config.desk.desks import Desk
from config.desk.forms import ReasonField
from config.desk.pages import DeskFormPage
from config.desk.templatetags.desk import badge, brief, day, short, tokens
from config.desk.whom import groups_that_may
from usage.rules.enrolment import Enrolment
from usage.services import terms
from usage.services.authors import Author
from wallets.models import Account, Wallet
from wallets.queries.accounts import named_like


class OverageFilter(admin.SimpleListFilter):
    title = "overage"
    parameter_name = "overage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "In overage"), ("no", "Not in overage")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        owing = Wallet.objects.overdrawn().values("account_id")
        if self.value() == "yes":
            return queryset.filter(pk__in=owing)
        return queryset.exclude(pk__in=owing) if self.value() == "no" else queryset


SETS_POLICIES = "usage.add_policy"
OWES_NOTHING = ("shared", "block")


class EnrolForm(PolicyFields):
    reference = forms.CharField(
        max_length=128, help_text="Your own name for the account, such as acme. It lasts."
    )
    name = forms.CharField(max_length=200, required=False)
    rate_table = forms.ChoiceField(required=False)
    time_zone = forms.CharField(
        max_length=64,
        initial="UTC",
        help_text="IANA name, such as Europe/Berlin. Periods begin at its midnight.",
    )
    external_ids = ExternalIdsField()
    reason = ReasonField(required=False)

    field_order = ["reference", "name", "rate_table", "mode", "limit", "time_zone", "external_ids", "reason"]

    def __init__(self, *args: Any, may_owe: bool, **kwargs: Any) -> None:
        """may_owe: whether who opens it may let it go below zero, as whoever sets policies may."""
        super().__init__(*args, **kwargs)
        self.fields["rate_table"].choices = table_choices()
        if not may_owe:
            del self.fields["limit"]
            mode = self.fields["mode"]
            mode.choices = [each for each in mode.choices if each[0] in OWES_NOTHING]
            mode.help_text = f"Ask {groups_that_may(SETS_POLICIES)} to allow overage."

    def clean_reference(self) -> str:
        reference: str = self.cleaned_data["reference"]
        if Account.objects.filter(reference=reference).exists():
            raise forms.ValidationError("There is an account of this reference already.")
        return reference


class EnrolPage(DeskFormPage):
    """Open an account."""

    permissions = ("wallets.add_account",)
    template_name = "desk/account/enrol.html"

    def title(self) -> str:
        return "Open an account"

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        return EnrolForm(data, files, may_owe=self.request.user.has_perm(SETS_POLICIES))

    def act(self, asked: dict[str, Any]) -> str:
        wanted = Enrolment(
            name=asked["name"],
            rate_table=asked["rate_table"] or None,
            external_ids=asked["external_ids"],
            time_zone=asked["time_zone"],
            policy=asked["policy"],
        )
        author = Author.of(self.request.user, asked["reason"])
        terms.enrol(reference=asked["reference"], asked=wanted, author=author)
        account = Account.objects.get(reference=asked["reference"])
        messages.success(self.request, f"{account} is open. It has no tokens yet.")
        return reverse("admin:wallets_account_change", args=[account.pk])


ABOUT_IT = {"edit": EditPage, "buyer": BuyerPage, "billing": BillingPage}


@admin.register(Account)
class AccountDesk(Desk):
    purpose = (
        "Whose tokens are kept here: customers, and their parts. Each has a balance, prices that it pays, "
        "and a policy for when its tokens run out. Products and outside systems add accounts; a person adds "
        "one here."
    )
    file_columns = {
        "reference": "reference",
        "name": "name",
        "state": "state",
        "token": "unit_code",
        "balance": "balance",
        "overage": "overage",
        "parent": "parent__reference",
        "time_zone": "time_zone",
        "external_ids": "external_ids",
        "opened_at": "created_at",
    }
    list_display = ["who", "reference", "state_shown", "balance_shown", "overage_shown", "parent", "opened"]
    list_display_links = ["who"]
    list_filter = ["state", OverageFilter]
    list_select_related = ["parent"]
    list_per_page = 50
    search_fields = ["reference", "name"]
    search_help_text = "Reference, name, or an id in another system"
    paginator = EstimatedPaginator
    show_full_result_count = False
    actions = None

    def get_urls(self) -> list[URLPattern]:
        def page(name: str, view: Any, suffix: str) -> URLPattern:
            return self.page(f"<uuid:object_id>/{name}/", view, suffix)

        return [
            self.page("add/", EnrolPage, "add"),
            page("change", AccountPage, "change"),
            page("trial", IssueTrialPage, "trial"),
            page("grant", GrantPage, "grant"),
            page("grants/<uuid:grant_id>/void", VoidPage, "void"),
            page("debits/<uuid:debit_id>/reverse", ReversePage, "reverse"),
            page("grants/<uuid:grant_id>/expiry", ExpiryPage, "expiry"),
            page("policy", PolicyPage, "policy"),
            page("terms", TermsPage, "terms"),
            page("terms/<uuid:terms_id>/withdraw", WithdrawTermsPage, "terms_withdraw"),
            page("prices", OwnPricePage, "own_price"),
            page("seats", SeatsPage, "seats"),
            page("prices/<uuid:override_id>/end", EndOwnPrice, "own_price_end"),
            page("keep", KeepVersionPage, "keep"),
            page("let-go", LetGoPage, "let_go"),
            page("budgets/open", OpenBudgetPage, "budget_open"),
            page("budgets/<uuid:budget_id>", BudgetPage, "budget"),
            page("budgets/<uuid:budget_id>/change", ChangeBudgetPage, "budget_change"),
            page("budgets/<uuid:budget_id>/end", EndBudgetPage, "budget_end"),
            page("included", IncludePage, "include"),
            page("included/end", EndIncludedPage, "include_end"),
            page("access", AccessPage, "access"),
            page("access/mode", ModePage, "access_mode"),
            page("top-up", RulePage, "top_up"),
            page("top-up/switch", SwitchPage, "top_up_switch"),
            page("top-ups/<uuid:top_up_id>/paid", ConfirmPage, "top_up_paid"),
            page("top-ups/<uuid:top_up_id>/refuse", RefusePage, "top_up_refuse"),
            page("top-ups/<uuid:top_up_id>/withdraw", CancelPage, "top_up_cancel"),
            page("state", StatePage, "state"),
            *(page(name, view, name) for name, view in ABOUT_IT.items()),
            page("buyer/erase", EraseBuyerPage, "buyer_erase"),
            *(page(name, view, suffix) for name, (view, suffix) in BUYERS.items()),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        wallets = Wallet.objects.filter(account=OuterRef("pk")).order_by("-unit__is_default", "unit__code")
        zero = Value(0, output_field=DecimalField(max_digits=24, decimal_places=6))
        return (
            super()
            .get_queryset(request)
            .annotate(
                balance=Coalesce(Subquery(wallets.values("balance")[:1]), zero),
                overage=Coalesce(Subquery(wallets.values("overage")[:1]), zero),
                unit_code=Subquery(wallets.values("unit__code")[:1]),
            )
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return (named_like(queryset, search_term) if search_term else queryset), False

    @admin.display(description="Account", ordering="reference")
    def who(self, account: Account) -> str:
        return str(account)

    @admin.display(description="State", ordering="state")
    def state_shown(self, account: Account) -> str:
        return badge(account.state)

    @admin.display(description="Balance", ordering="balance")
    def balance_shown(self, account: Any) -> str:
        return format_html("{} {}", brief(account.balance), account.unit_code or "")

    @admin.display(description="Overage", ordering="overage")
    def overage_shown(self, account: Any) -> str:
        if not account.overage:
            return "–"
        exact = tokens(account.overage)
        return format_html('<span title="{}">{}</span>', exact, badge(short(account.overage), "wait"))

    @admin.display(description="Opened", ordering="created_at")
    def opened(self, account: Account) -> str:
        return day(account.created_at)
