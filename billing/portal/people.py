"""Alerts of whoever is signed in, and the account's people, whom an owner invites."""

from __future__ import annotations

from typing import Any

from django import forms
from django.shortcuts import get_object_or_404

from billing.models import Alert, Contact
from billing.portal.frame import BuyerForm
from billing.services import alerting, contacts
from billing.services.contacts import ContactWish


class AlertForm(forms.Form):
    kind = forms.ChoiceField(label="Tell me when", choices=Alert.Kind.choices)
    threshold = forms.IntegerField(label="So many", min_value=1, max_value=365, initial=20)


class Alerts(BuyerForm):
    name, title, template_name = "alerts", "Alerts", "my/alerts.html"
    least = "manager"
    form_class = AlertForm

    def context(self) -> dict[str, Any]:
        rows = Alert.objects.filter(contact=self.visitor.contact_id).prefetch_related("crossings")
        return {
            "alerts": [
                (row, sorted(row.crossings.all(), key=lambda each: each.crossed_at)[-1:]) for row in rows
            ]
        }

    def act(self, asked: dict[str, Any]) -> str:
        assert self.visitor.contact_id is not None
        alerting.choose(contact_id=self.visitor.contact_id, author=self.author(), **asked)
        return f"{self.address('alerts')}?done=alert"


class RemoveAlert(BuyerForm):
    name, title, template_name = "alerts", "Remove an alert", "my/alert_remove.html"
    least = "manager"

    def find(self, alert_id: Any = None, **_kwargs: Any) -> None:
        self.alert = get_object_or_404(Alert, contact=self.visitor.contact_id, pk=alert_id)

    def context(self) -> dict[str, Any]:
        return {"alert": self.alert}

    def act(self, asked: dict[str, Any]) -> str:
        assert self.visitor.contact_id is not None
        alerting.remove(contact_id=self.visitor.contact_id, alert_id=self.alert.pk, author=self.author())
        return f"{self.address('alerts')}?done=alert-removed"


class InviteForm(forms.Form):
    address = forms.EmailField(label="E-mail address")
    name = forms.CharField(max_length=120, required=False)
    role = forms.ChoiceField(choices=Contact.Role.choices, initial="viewer")


class People(BuyerForm):
    name, title, template_name = "people", "People", "my/people.html"
    least = "owner"
    form_class = InviteForm

    def context(self) -> dict[str, Any]:
        return {"people": Contact.objects.filter(customer=self.account)}

    def act(self, asked: dict[str, Any]) -> str:
        contacts.invite(
            customer_id=self.account.pk, wish=ContactWish(**asked), author=self.author("Invited.")
        )
        return f"{self.address('people')}?done=invited"


class PersonForm(forms.Form):
    name = forms.CharField(max_length=120, required=False)
    role = forms.ChoiceField(choices=Contact.Role.choices)
    is_on = forms.BooleanField(label="May sign in", required=False)
    reason = forms.CharField(label="Why", max_length=500, required=False)


class Person(BuyerForm):
    name, title, template_name = "people", "Change a person", "my/person.html"
    least = "owner"
    form_class = PersonForm

    def find(self, contact_id: Any = None, **_kwargs: Any) -> None:
        self.person = get_object_or_404(Contact, customer=self.account, pk=contact_id)

    def context(self) -> dict[str, Any]:
        return {"person": self.person}

    def initial(self) -> dict[str, Any]:
        return {"name": self.person.name, "role": self.person.role, "is_on": self.person.is_on}

    def act(self, asked: dict[str, Any]) -> str:
        reason = asked.pop("reason")
        contacts.change(
            customer_id=self.account.pk,
            contact_id=self.person.pk,
            wish=ContactWish(address=self.person.address, **asked),
            author=self.author(reason),
        )
        return f"{self.address('people')}?done=person-changed"
