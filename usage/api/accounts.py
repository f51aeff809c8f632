"""Accounts: making and merging, looking, balance and ledger."""

from operator import itemgetter

from django.http import HttpRequest, HttpResponse

from config.http import cursors
from config.http.identity import reference_of
from config.http.views import answer
from usage.api import operations, orders
from usage.api.caller import KeyedView
from usage.queries import accounts, balances
from usage.services import showing, terms
from usage.services.authors import Author


class OneAccount(KeyedView):
    operations = {"GET": operations.SHOW_ACCOUNT, "PUT": operations.ENROL}

    def put(self, request: HttpRequest, ref: str) -> HttpResponse:
        asked = orders.enrolment(self.asked(operations.ENROL))
        author = Author(self.caller.product_code)
        enrolled = terms.enrol(reference=reference_of(ref), asked=asked, author=author)
        return answer(enrolled.answer, 201 if enrolled.is_new else 200)

    def get(self, request: HttpRequest, ref: str) -> HttpResponse:
        return answer(accounts.account(reference_of(ref)))


class Balance(KeyedView):
    operations = {"GET": operations.BALANCE}

    def get(self, request: HttpRequest, ref: str) -> HttpResponse:
        asked = self.parameters(operations.BALANCE)
        return answer(balances.balance(reference_of(ref), token=asked.token, as_of=asked.as_of))


class Ledger(KeyedView):
    operations = {"GET": operations.LEDGER}

    def get(self, request: HttpRequest, ref: str) -> HttpResponse:
        asked = self.parameters(operations.LEDGER)
        listed = cursors.Listing(request, limit=asked.limit, cursor=asked.cursor, token=asked.token)
        rows = showing.ledger_page(
            reference_of(ref), token=asked.token, after=listed.after, limit=listed.most
        )
        return answer(listed.page(rows, position=itemgetter("number")))
