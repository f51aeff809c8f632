from django.contrib import admin

from config.desk.desks import Desk
from config.desk.templatetags.desk import tokens
from wallets.models import Currency, TokenUnit


@admin.register(TokenUnit)
class TokenUnitDesk(Desk):
    """The units that tokens are counted in."""

    list_display = ["code", "name", "is_default"]
    search_fields = ["code", "name"]
    fieldsets = [(None, {"fields": ["code", "name", "is_default"]})]
    fixed_fields = ["code"]


@admin.register(Currency)
class CurrencyDesk(Desk):
    """What tokens are paid in. A new rate counts for grants made from now; a grant keeps the rate it was made at."""

    list_display = ["code", "rate", "is_reporting"]
    search_fields = ["code"]
    fieldsets = [(None, {"fields": ["code", "reporting_rate", "is_reporting"]})]
    fixed_fields = ["code"]

    @admin.display(description="Worth of one, in the reporting currency", ordering="reporting_rate")
    def rate(self, currency: Currency) -> str:
        return tokens(currency.reporting_rate)
