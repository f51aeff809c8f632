"""What every page of an account's people has in common: who may see it, its policy for browsers, its forms."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.conf import settings
from django.core.signing import BadSignature
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.views import View

from billing.models import Seller
from billing.queries.buyer_rules import Allowed, allowed
from billing.queries.buyer_sessions import Visitor, visitor
from billing.services.signing_in import Opened
from config.desk.refusals import refusal_of
from config.kernel.errors import DomainError
from usage.services.authors import Author

COOKIE, SALT = "tokendesk_buyer", "billing.portal"
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
DONE = {
    "budget": "The budget counts from now on.",
    "budget-changed": "The budget allows another number of tokens from now on.",
    "budget-ended": "The budget is ended. What it counted stays.",
    "alert": "You will be told by e-mail.",
    "alert-removed": "You will not be told of it any more.",
    "ordered": "The tokens are yours. The invoice follows.",
    "invited": "An invitation is on its way.",
    "person-changed": "It holds from now on.",
    "person-erased": "The person is forgotten.",
}
PAGES = (
    ("overview", "Overview", "viewer"),
    ("usage", "Usage", "viewer"),
    ("statements", "Statements", "viewer"),
    ("prices", "Prices", "viewer"),
    ("estimate", "Estimate", "viewer"),
    ("budgets", "Budgets", "viewer"),
    ("packs", "Buy tokens", "viewer"),
    ("alerts", "Alerts", "manager"),
    ("people", "People", "owner"),
)


def guarded(response: HttpResponseBase) -> HttpResponseBase:
    """The answer with the strict policy, kept by nobody on the way."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-store"
    return response


def shown(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page in the frame that all have."""
    seller = Seller.objects.first()
    return render(request, template, {"seller": seller.name if seller else "", **context}, status=status)


def let_in(request: HttpRequest, opened: Opened) -> HttpResponse:
    """Lead to the account's page, with the cookie that opens it, and it alone."""
    home = reverse("my:overview", args=[opened.customer_id])
    response = HttpResponseRedirect(home)
    response.set_signed_cookie(
        COOKIE,
        opened.secret,
        salt=SALT,
        expires=opened.expires_at,
        path=home,
        secure=request.is_secure() or settings.PUBLIC_URL.startswith("https://"),
        httponly=True,
        samesite="Lax",
    )
    return response


class PublicPage(View):
    """A page before the door."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.now = timezone.now()
        return guarded(super().dispatch(request, *args, **kwargs))


class BuyerPage(View):
    """A page of one account, for those of its people whose role is `least` or more."""

    least: ClassVar[str] = "viewer"
    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    template_name: ClassVar[str] = ""

    now: datetime
    visitor: Visitor

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return guarded(self._answer(request, **kwargs))

    def _answer(self, request: HttpRequest, account_id: UUID, **kwargs: Any) -> HttpResponseBase:
        self.now = timezone.now()
        found = self._visitor(request)
        if found is None:
            return HttpResponseRedirect(reverse("my:door"))
        if found.account.pk != account_id:
            return shown(request, "my/none.html", {}, 404)
        self.visitor, self.account = found, found.account
        try:
            if not found.may(self.least):
                return self.shown("my/refused.html", 403)
            self.find(**kwargs)
            return super().dispatch(request, **kwargs)
        except Http404:
            return self.shown("my/none.html", 404)

    def _visitor(self, request: HttpRequest) -> Visitor | None:
        try:
            secret = request.get_signed_cookie(COOKIE, default="", salt=SALT)
        except BadSignature:
            return None
        return visitor(str(secret), self.now) if secret else None

    def find(self, **kwargs: Any) -> None:
        """Look up what the path names within the account, or raise Http404."""

    def context(self) -> dict[str, Any]:
        """What the template shows beyond the frame."""
        return {}

    def address(self, name: str, *args: Any) -> str:
        return reverse(f"my:{name}", args=[self.account.pk, *args])

    @cached_property
    def rule(self) -> Allowed:
        """What the producer lets the account's people do."""
        return allowed(self.account.pk, self.now)

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        return self.shown(self.template_name, **self.context())

    def shown(self, template: str, status: int = 200, **more: Any) -> HttpResponse:
        context = {
            "account": self.account,
            "visitor": self.visitor,
            "pages": [
                (name, label, self.address(name)) for name, label, least in PAGES if self.visitor.may(least)
            ],
            "here": self.name,
            "title": self.title,
            "said": DONE.get(self.request.GET.get("done", ""), ""),
            **more,
        }
        return shown(self.request, template, context, status)


class BuyerForm(BuyerPage):
    """A page that asks, does one thing, and goes elsewhere; a refusal comes back beside what was asked."""

    form_class: ClassVar[type[forms.Form]] = forms.Form

    def initial(self) -> dict[str, Any]:
        return {}

    def form(self, data: Any = None) -> forms.Form:
        return self.form_class(data, initial=self.initial())

    def act(self, asked: dict[str, Any]) -> str:
        """Do it, and answer where to go. Raises DomainError."""
        raise NotImplementedError

    def author(self, reason: str = "") -> Author:
        return Author(self.visitor.signature, reason)

    def get(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        return self.shown(self.template_name, **self.context(), form=self.form())

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        form = self.form(request.POST)
        if form.is_valid():
            try:
                return HttpResponseRedirect(self._acted(form.cleaned_data))
            except DomainError as refusal:
                form.add_error(None, refusal.detail)
        return self.shown(self.template_name, **self.context(), form=form)

    def _acted(self, asked: dict[str, Any]) -> str:
        try:
            return self.act(asked)
        except IntegrityError as error:
            raise refusal_of(error) from error
