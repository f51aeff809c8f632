"""What an account may use and how far: budgets, allowances, access."""

from operator import itemgetter

from django.http import HttpRequest, HttpResponse

from config.http.identity import reference_of
from config.http.views import answer
from usage.api import operations_of_limits as operations
from usage.api import orders_of_limits as orders
from usage.api.caller import KeyedView
from usage.queries import limits_told
from usage.services import provisioning


class Budgets(KeyedView):
    operations = {"GET": operations.BUDGETS}

    def get(self, request: HttpRequest, ref: str) -> HttpResponse:
        listed = self.listing(operations.BUDGETS)
        head, rows = limits_told.budgets_page(reference_of(ref), after=listed.after, limit=listed.most)
        return answer(head | listed.page(rows, position=itemgetter("code")))


class OneBudget(KeyedView):
    operations = {"GET": operations.BUDGET, "PUT": operations.PUT_BUDGET}

    def get(self, request: HttpRequest, ref: str, code: str) -> HttpResponse:
        value = self.parameters(operations.BUDGET).value
        return answer(limits_told.budget(reference_of(ref), reference_of(code), value))

    def put(self, request: HttpRequest, ref: str, code: str) -> HttpResponse:
        asked = self.asked(operations.PUT_BUDGET)
        put = provisioning.put_budget(
            reference=reference_of(ref),
            code=reference_of(code),
            asked=orders.budget(asked),
            author=self.author(asked.reason),
        )
        return answer(put.answer, 201 if put.is_new else 200)


class Allowances(KeyedView):
    operations = {"GET": operations.ALLOWANCES}

    def get(self, request: HttpRequest, ref: str) -> HttpResponse:
        listed = self.listing(operations.ALLOWANCES)
        head, rows = limits_told.allowances(reference_of(ref))
        return answer(head | listed.part(rows))


class OneAllowance(KeyedView):
    operations = {"PUT": operations.PUT_ALLOWANCE}

    def put(self, request: HttpRequest, ref: str, pattern: str) -> HttpResponse:
        asked = self.asked(operations.PUT_ALLOWANCE)
        put = provisioning.put_allowance(
            reference=reference_of(ref),
            pattern=reference_of(pattern),
            asked=orders.allowance(asked),
            author=self.author(asked.reason),
        )
        return answer(put.answer, 201 if put.is_new else 200)


class Access(KeyedView):
    operations = {"GET": operations.ACCESS}

    def get(self, request: HttpRequest, ref: str) -> HttpResponse:
        listed = self.listing(operations.ACCESS)
        head, rows = limits_told.access(reference_of(ref))
        return answer(head | listed.part(rows))


class OneAccess(KeyedView):
    operations = {"PUT": operations.PUT_ACCESS}

    def put(self, request: HttpRequest, ref: str, pattern: str) -> HttpResponse:
        asked = self.asked(operations.PUT_ACCESS)
        put = provisioning.put_access(
            reference=reference_of(ref),
            pattern=reference_of(pattern),
            asked=orders.access(asked),
            author=self.author(asked.reason),
        )
        return answer(put.answer, 201 if put.is_new else 200)
