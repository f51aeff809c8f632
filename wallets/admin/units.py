from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from config.desk.desks import Desk
from config.desk.templatetags.desk import tokens
from wallets.models import Currency, TokenUnit
from wallets.services import units


@admin.register(TokenUnit)
class TokenUnitDesk(Desk):
    """The units that tokens are counted in. One is the default at every moment: another takes its place."""

    purpose = (
        "What prices are said in and balances are kept in. One is enough unless tokens of two sorts shall "
        "never mix."
    )
    list_display = ["code", "name", "is_default"]
    search_fields = ["code", "name"]
    fieldsets = [(None, {"fields": ["code", "name"]})]
    fixed_fields = ["code"]
    actions = ["make_default"]

    @admin.action(description="Make it the default unit", permissions=["change"])
    def make_default(self, request: HttpRequest, queryset: QuerySet[TokenUnit]) -> None:
        if queryset.count() != 1:
            self.message_user(request, "Choose one unit: there is one default.", messages.ERROR)
            return
        unit = queryset.get()
        units.make_default(unit_id=unit.pk, user=request.user, reason="Made the default unit.")
        self.message_user(request, f"{unit} is the default unit.", messages.SUCCESS)


@admin.register(Currency)
class CurrencyDesk(Desk):
    """What tokens are paid in. A new rate counts for grants made from now; a grant keeps the rate it was made at."""

    purpose = "What customers pay in, and what one of each is worth in the currency of the reports."
    list_display = ["code", "rate", "is_reporting"]
    search_fields = ["code"]
    fieldsets = [(None, {"fields": ["code", "reporting_rate"]})]
    fixed_fields = ["code"]

    @admin.display(description="Worth of one, in the reporting currency", ordering="reporting_rate")
    def rate(self, currency: Currency) -> str:
        return tokens(currency.reporting_rate)
