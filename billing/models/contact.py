from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from simple_history.models import HistoricalRecords

from billing.rules.buyer_roles import MOST_PACKS
from config.kernel.fields import TokensField
from wallets.models import Account


class ContactQuerySet(models.QuerySet["Contact"]):
    def on(self) -> Self:
        """Contacts who may sign in."""
        return self.filter(is_on=True)


class Contact(models.Model):
    """A person of an account who may see its tokens. Names a person, so it can be erased, its history too.

    role: what the person may do, as `billing.rules.buyer_roles` spells it. set_by: who changed it last, a user's name
    or another contact by its number. seen_at: when the person signed in last.
    """

    class Role(models.TextChoices):
        VIEWER = "viewer", "Viewer: looks"
        MANAGER = "manager", "Manager: also sets budgets and alerts"
        BUYER = "buyer", "Buyer: also orders packs"
        OWNER = "owner", "Owner: also says who may sign in"

    customer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    address = models.EmailField()
    name = models.CharField(max_length=120, blank=True, default="")
    role = models.CharField(max_length=7, choices=Role.choices, default=Role.VIEWER)
    is_on = models.BooleanField(default=True)
    set_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(editable=False)
    seen_at = models.DateTimeField(null=True, editable=False)

    objects = ContactQuerySet.as_manager()
    history: Any = HistoricalRecords(excluded_fields=["seen_at"])

    class Meta:
        ordering = ["address", "pk"]
        constraints = [
            models.UniqueConstraint(
                "customer",
                Lower("address"),
                name="contact_is_listed_once",
                violation_error_message="This address is a contact of the account already.",
            ),
            models.CheckConstraint(
                condition=Q(role__in=["viewer", "manager", "buyer", "owner"]), name="contact_role_is_known"
            ),
        ]
        indexes = [models.Index(Lower("address"), name="contact_by_its_address")]

    def __str__(self) -> str:
        return self.name or self.address


class BuyerRule(models.Model):
    """What the producer lets the contacts of an account do by themselves.

    as_bought: the offers that the account has say so, and the rest here nothing; so it is without a row, too.
    budget_most: tokens that a budget of theirs may allow a period; none: they set no budgets.
    packs_most: packs that they may order within thirty days; 0: they order none.
    """

    customer = models.OneToOneField(
        Account, primary_key=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    budget_most = TokensField("largest budget", null=True, blank=True)
    packs_most = models.PositiveIntegerField("packs in thirty days", default=0)
    as_bought = models.BooleanField("as what it bought says", default=False, db_default=False)

    history: Any = HistoricalRecords()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(budget_most=None) | Q(budget_most__gt=0),
                name="buyers_budget_is_something",
                violation_error_message="The largest budget is above zero; empty means that they set none.",
            ),
            models.CheckConstraint(
                condition=Q(packs_most__lte=MOST_PACKS),
                name="buyers_order_so_many_packs_at_most",
                violation_error_message=f"At most {MOST_PACKS} packs in thirty days.",
            ),
            models.CheckConstraint(
                condition=Q(as_bought=False) | Q(budget_most=None, packs_most=0),
                name="buyers_may_what_is_said_in_one_place",
                violation_error_message="Either what the account bought says it, or numbers of its own.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}"
