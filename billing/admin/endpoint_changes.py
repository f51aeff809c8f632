"""Making, changing and switching webhook endpoints, and their secrets, which are shown once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

from billing.connectors import webhooks
from billing.models import Endpoint
from billing.rules.news_types import TYPES
from billing.services import endpoints
from billing.services.endpoints import EndpointWish
from config.desk.forms import DeskForm, ReasonField
from config.desk.pages import DeskFormPage, DeskPage
from config.desk.refusals import told


class TypesField(forms.MultipleChoiceField):
    """The types of news that this version makes."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **options: Any) -> None:
        sent = [(each.code, f"{each.code}: {each.says}") for each in TYPES.values() if each.is_sent]
        super().__init__(choices=sent, label="Types", **options)


class EndpointForm(DeskForm):
    name = forms.CharField(max_length=120, help_text="Whose it is, or what listens there.")
    url = forms.CharField(
        max_length=2000,
        label="URL",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
        help_text="https://… at a public address.",
    )
    types = TypesField()
    reason = ReasonField(required=False)

    def clean_url(self) -> str:
        """What would be refused when it is sent is refused here, as far as its name tells that now."""
        url: str = self.cleaned_data["url"]
        if why := webhooks.why_not(url, settings.WEBHOOK_PRIVATE_HOSTS):
            raise forms.ValidationError(why)
        return url


def _wish(asked: dict[str, Any]) -> EndpointWish:
    return EndpointWish(asked["name"], asked["url"], asked["types"])


class _ShowsASecret(DeskFormPage):
    """A page that ends with a secret, shown once."""

    def issue(self, asked: dict[str, Any]) -> endpoints.Issued:
        """Do it. Raises DomainError."""
        raise NotImplementedError

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST)
        if not form.is_valid():
            return self.shown(form=form)
        with told(request):
            response = self.shown(issued=self.issue(form.cleaned_data))
            response["Cache-Control"] = "no-store"
            return response
        return self.shown(form=form)


class AddPage(_ShowsASecret):
    """Make an endpoint and show its secret once."""

    permissions = ("billing.add_endpoint",)
    template_name = "desk/news/endpoint_add.html"
    form_class = EndpointForm

    def title(self) -> str:
        return "Add a webhook endpoint"

    def issue(self, asked: dict[str, Any]) -> endpoints.Issued:
        return endpoints.create(wish=_wish(asked), user=self.request.user, reason=asked["reason"])


class OfEndpoint(DeskPage):
    """A page about one endpoint; a button leads back to it."""

    def find(self, object_id: int, **_kwargs: Any) -> None:
        self.endpoint = get_object_or_404(Endpoint, pk=object_id)

    def address(self) -> str:
        return reverse("admin:billing_endpoint_change", args=[self.endpoint.pk])

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not self.template_name:
            return HttpResponseRedirect(self.address())
        return super().get(request, **kwargs)

    def context(self) -> dict[str, Any]:
        return {"endpoint": self.endpoint}


class EditPage(OfEndpoint, DeskFormPage):
    """Call it elsewhere, or tell it of other types."""

    permissions = ("billing.change_endpoint",)
    template_name = "desk/news/endpoint_edit.html"
    form_class = EndpointForm

    def title(self) -> str:
        return f"Edit {self.endpoint}"

    def initial(self) -> dict[str, Any]:
        return {"name": self.endpoint.name, "url": self.endpoint.url, "types": self.endpoint.types}

    def act(self, asked: dict[str, Any]) -> str:
        endpoints.change(
            endpoint_id=self.endpoint.pk, wish=_wish(asked), user=self.request.user, reason=asked["reason"]
        )
        return self.done("Saved: it holds for news from now on.")


class WhyForm(DeskForm):
    reason = ReasonField(help_text="It stands in the history.")


class OffPage(OfEndpoint, DeskFormPage):
    """Tell it of nothing any more."""

    permissions = ("billing.change_endpoint",)
    template_name = "desk/news/endpoint_off.html"
    form_class = WhyForm

    def title(self) -> str:
        return f"Switch {self.endpoint} off"

    def act(self, asked: dict[str, Any]) -> str:
        count = endpoints.switch_off(
            endpoint_id=self.endpoint.pk, user=self.request.user, reason=asked["reason"]
        )
        rest = f" {count:,} that waited {'was' if count == 1 else 'were'} given up." if count else ""
        return self.done(f"{self.endpoint} is off.{rest}")


class OnPage(OfEndpoint, DeskFormPage):
    """Tell it again of what happens from now."""

    permissions = ("billing.change_endpoint",)
    template_name = "desk/news/endpoint_on.html"
    form_class = WhyForm

    def title(self) -> str:
        return f"Switch {self.endpoint} on"

    def act(self, asked: dict[str, Any]) -> str:
        endpoints.switch_on(endpoint_id=self.endpoint.pk, user=self.request.user, reason=asked["reason"])
        return self.done(f"{self.endpoint} is told of what happens from now on.")


class SecretPage(OfEndpoint, _ShowsASecret):
    """Give it a new secret, shown once; the old one signs beside it for a day."""

    permissions = ("billing.change_endpoint",)
    template_name = "desk/news/endpoint_secret.html"
    form_class = WhyForm

    def title(self) -> str:
        return f"A new secret for {self.endpoint}"

    def issue(self, asked: dict[str, Any]) -> endpoints.Issued:
        return endpoints.rotate_secret(
            endpoint_id=self.endpoint.pk, user=self.request.user, reason=asked["reason"]
        )
