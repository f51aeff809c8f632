"""What accounts may use: a list, one feature, a matrix."""

from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse

from config.http.identity import reference_of
from config.http.views import answer
from config.kernel.amounts import plain, tokens
from config.kernel.errors import PROBLEMS
from usage.api import operations_of_entitlements as operations
from usage.api.caller import KeyedView
from usage.queries import entitled
from usage.rules.entitlements import Entitlement

_amount = lru_cache(maxsize=4096)(plain)


class Entitlements(KeyedView):
    operations = {"GET": operations.ENTITLEMENTS}

    def get(self, request: HttpRequest, ref: str) -> HttpResponse:
        listed = self.listing(operations.ENTITLEMENTS)
        told = entitled.page(reference_of(ref), after=listed.after, limit=listed.most)
        head = {"account": told.account, "token": told.token, "as_of": told.moment}
        rows = [_shown(each) for each in told.entitlements]
        return answer(head | listed.page(rows, position=lambda row: row["feature"]))


class OneEntitlement(KeyedView):
    operations = {"GET": operations.ENTITLEMENT}

    def get(self, request: HttpRequest, ref: str, feature: str) -> HttpResponse:
        quantity = self.parameters(operations.ENTITLEMENT).quantity or operations.ONE
        told, one = entitled.one(reference_of(ref), reference_of(feature), quantity)
        head = {"account": told.account, "token": told.token, "as_of": told.moment}
        cost = None if one.would_cost is None else tokens(one.would_cost)
        return answer(head | _shown(one) | {"quantity": plain(quantity), "would_cost": cost})


class EntitlementMatrix(KeyedView):
    operations = {"POST": operations.ENTITLEMENT_MATRIX}

    def post(self, request: HttpRequest) -> HttpResponse:
        asked = self.asked(operations.ENTITLEMENT_MATRIX)
        rows = entitled.matrix(asked.accounts, asked.features)
        shown = [
            {
                "account": each.account,
                "token": each.token,
                "items": [_shown(one) for one in each.entitlements],
            }
            for each in rows
        ]
        return answer({"accounts": shown, "as_of": rows[0].moment})


def _shown(each: Entitlement) -> dict[str, Any]:
    return {
        "feature": each.feature.code,
        "name": each.feature.name,
        "product": each.feature.product,
        "unit": each.feature.unit,
        "allowed": each.allowed,
        "reason": each.reason if each.allowed else PROBLEMS[each.reason].slug,
        "included": _amount(each.included),
        "used": _amount(each.used),
        "resets_at": each.resets_at,
        "unit_tokens": each.unit_tokens,
        "until": each.until,
    }
