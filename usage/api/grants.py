"""Grants: handing out, taking back, moving, looking."""

from operator import itemgetter

from django.http import HttpRequest, HttpResponse

from config.http.identity import reference_of, uuid_of
from config.http.views import answer
from usage.api import operations, orders
from usage.api.caller import KeyedView
from usage.services import granting, showing


class AccountGrants(KeyedView):
    operations = {"GET": operations.GRANTS_OF_ACCOUNT, "POST": operations.GRANT}

    def post(self, request: HttpRequest, ref: str) -> HttpResponse:
        command = self.command(operations.GRANT)
        call = orders.call(self.caller, command)
        done = granting.grant(reference=reference_of(ref), order=orders.grant(command.asked), call=call)
        return answer(done.answer, 201, replayed=done.is_replay)

    def get(self, request: HttpRequest, ref: str) -> HttpResponse:
        listed = self.listing(operations.GRANTS_OF_ACCOUNT)
        rows = showing.grants_page(reference_of(ref), after=listed.after, limit=listed.most)
        return answer(listed.page(rows, position=itemgetter("id")))


class OneGrant(KeyedView):
    operations = {"GET": operations.SHOW_GRANT}

    def get(self, request: HttpRequest, id: str) -> HttpResponse:
        return answer(showing.grant(uuid_of(id)))


class Void(KeyedView):
    operations = {"POST": operations.VOID}

    def post(self, request: HttpRequest, id: str) -> HttpResponse:
        command = self.command(operations.VOID)
        call = orders.call(self.caller, command)
        done = granting.void(grant_id=uuid_of(id), reason=command.asked.reason or "", call=call)
        return answer(done.answer, 200, replayed=done.is_replay)


class Transfers(KeyedView):
    operations = {"POST": operations.TRANSFER}

    def post(self, request: HttpRequest, ref: str) -> HttpResponse:
        command = self.command(operations.TRANSFER)
        call = orders.call(self.caller, command)
        done = granting.transfer(reference=reference_of(ref), order=orders.transfer(command.asked), call=call)
        return answer(done.answer, 201, replayed=done.is_replay)
