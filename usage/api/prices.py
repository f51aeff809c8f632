"""Prices: the list an account sees."""

from django.http import HttpRequest, HttpResponse

from config.http import cursors
from config.http.views import answer
from usage.api import operations
from usage.api.caller import KeyedView
from usage.queries import pricelists


class Rates(KeyedView):
    operations = {"GET": operations.RATES}

    def get(self, request: HttpRequest) -> HttpResponse:
        asked = self.parameters(operations.RATES)
        at = None if asked.at is None else asked.at.isoformat()
        listed = cursors.Listing(
            request, limit=asked.limit, cursor=asked.cursor, account=asked.account, at=at
        )
        found = pricelists.price_list(asked.account, asked.at)
        return answer(found.head | listed.part(found.rows))
