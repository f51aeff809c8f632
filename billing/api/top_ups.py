"""Top-ups: the rule by which an account buys packs by itself, and whether a purchase is paid."""

from django.http import HttpRequest, HttpResponse

from billing.api import operations_of_top_ups as operations
from billing.api import requests_of_top_ups as requests
from billing.queries import top_ups_told
from billing.rules.top_ups import RuleAsked
from billing.services import top_up_rules, top_ups
from config.http.identity import reference_of, uuid_of
from config.http.views import answer
from usage.api.caller import KeyedView


class TopUpRule(KeyedView):
    operations = {"GET": operations.SHOW_RULE, "PUT": operations.PUT_RULE}

    def get(self, request: HttpRequest, ref: str) -> HttpResponse:
        token = self.parameters(operations.SHOW_RULE).token
        return answer(top_ups_told.top_up_rule(reference_of(ref), token))

    def put(self, request: HttpRequest, ref: str) -> HttpResponse:
        asked = self.asked(operations.PUT_RULE)
        reference = reference_of(ref)
        top_up_rules.set_rule_of(reference=reference, asked=_rule(asked), author=self.author(asked.reason))
        return answer(top_ups_told.top_up_rule(reference, asked.token))


class Paid(KeyedView):
    operations = {"POST": operations.PAID}

    def post(self, request: HttpRequest, id: str) -> HttpResponse:
        asked = self.asked(operations.PAID)
        made = top_ups.confirm(top_up_id=uuid_of(id), author=self.author(asked.reason))
        return answer(top_ups_told.top_up(made))


class Refused(KeyedView):
    operations = {"POST": operations.REFUSED}

    def post(self, request: HttpRequest, id: str) -> HttpResponse:
        asked = self.asked(operations.REFUSED)
        made = top_ups.refuse(top_up_id=uuid_of(id), author=self.author(asked.reason))
        return answer(top_ups_told.top_up(made))


def _rule(asked: requests.TopUpRequest) -> RuleAsked:
    return RuleAsked(
        threshold=asked.threshold,
        fill_to=asked.fill_to,
        sku=asked.sku,
        most=asked.most,
        window=asked.window,
        unit=asked.token,
        most_packs=asked.most_packs,
        most_amount=asked.most_amount,
        needs_payment=bool(asked.needs_payment),
        breaks_after=3 if asked.breaks_after is None else asked.breaks_after,
        is_on=asked.on is not False,
    )
