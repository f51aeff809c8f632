"""Why: explanations of debits, and refusals."""

from django.http import HttpRequest, HttpResponse

from config.http.identity import uuid_of
from config.http.views import answer
from usage.api import operations
from usage.api.caller import KeyedView
from usage.queries import denials, explanations


class Explanation(KeyedView):
    operations = {"GET": operations.EXPLAIN}

    def get(self, request: HttpRequest, id: str) -> HttpResponse:
        return answer(explanations.explain(uuid_of(id), product_id=self.caller.product_id))


class OneDenial(KeyedView):
    operations = {"GET": operations.SHOW_DENIAL}

    def get(self, request: HttpRequest, id: str) -> HttpResponse:
        return answer(denials.denial(uuid_of(id), product_id=self.caller.product_id))
