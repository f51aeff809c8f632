"""The door: an address is given, a mailed link or one from the producer is followed, a session is left."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from billing.portal.frame import COOKIE, BuyerPage, PublicPage, let_in, shown
from billing.services import signing_in
from config.http.addresses import address_of, network_of


class AddressForm(forms.Form):
    address = forms.EmailField(
        label="Your e-mail address",
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )


class Door(PublicPage):
    """Asks for an address. The answer is the same whoever's it is."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return shown(request, "my/door.html", {"form": AddressForm()})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = AddressForm(request.POST)
        if not form.is_valid():
            return shown(request, "my/door.html", {"form": form})
        client = network_of(address_of(request.META))
        signing_in.ask(address=form.cleaned_data["address"], client=client)
        return shown(request, "my/asked.html", {})


class Enter(PublicPage):
    """A mailed link. Looking at it uses nothing up, for programs look into mails; the button does."""

    def get(self, request: HttpRequest, secret: str) -> HttpResponse:
        contact = signing_in.contact_of(secret, self.now)
        if contact is None:
            return shown(request, "my/stale.html", {}, 404)
        return shown(request, "my/enter.html", {"whose": contact.customer})

    def post(self, request: HttpRequest, secret: str) -> HttpResponse:
        opened = signing_in.enter(secret=secret)
        return let_in(request, opened) if opened else shown(request, "my/stale.html", {}, 404)


class Follow(PublicPage):
    """A link that the producer made."""

    def get(self, request: HttpRequest, secret: str) -> HttpResponse:
        link = signing_in.link_of(secret, self.now)
        if link is None:
            return shown(request, "my/stale.html", {}, 404)
        return shown(request, "my/enter.html", {"whose": link.customer})

    def post(self, request: HttpRequest, secret: str) -> HttpResponse:
        opened = signing_in.follow(secret=secret)
        return let_in(request, opened) if opened else shown(request, "my/stale.html", {}, 404)


class Leave(BuyerPage):
    """Ends the session."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        signing_in.leave(session_id=self.visitor.session_id)
        response = HttpResponseRedirect(reverse("my:door"))
        response.delete_cookie(COOKIE, path=self.address("overview"), samesite="Lax")
        return response
