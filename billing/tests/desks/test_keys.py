"""API keys at their desk: shown once, revoked with a reason."""

from __future__ import annotations

import pytest

from billing.tests.desks.people import at_the_desk_of
from usage.models import ApiKey
from usage.queries.keys import holder_of
from usage.services import keys
from usage.tests.made import a_product

pytestmark = pytest.mark.django_db


class TestApiKeys:
    def test_are_shown_once_and_never_kept(self) -> None:
        product = a_product()
        support = at_the_desk_of("Support")

        sent = {"product": product.code, "name": "production", "scopes": ["debit", "read"]}
        response = support.post("/admin/usage/apikey/add/", sent)

        text = response.context["issued"].text
        holder = holder_of(text)
        assert holder is not None
        assert (holder.product_code, holder.scopes) == (product.code, {"debit", "read"})
        assert text in response.content.decode()
        assert "no-store" in response.headers["Cache-Control"]
        again = support.get(f"/admin/usage/apikey/{holder.api_key_id}/change/").content.decode()
        assert text not in again

    def test_need_a_scope(self) -> None:
        product = a_product()

        response = at_the_desk_of("Support").post("/admin/usage/apikey/add/", {"product": product.code})

        assert "scopes" in response.context["form"].errors
        assert not ApiKey.objects.exists()

    def test_open_nothing_once_revoked(self) -> None:
        issued = keys.create(product_code=a_product().code, scopes=["read"])

        support = at_the_desk_of("Support")
        support.post(f"/admin/usage/apikey/{issued.key.pk}/revoke/", {"reason": "Lost laptop"})

        assert holder_of(issued.text) is None
        last = ApiKey.history.filter(id=issued.key.pk).latest()
        assert (last.history_user.get_username(), last.history_change_reason) == ("support", "Lost laptop")

    def test_revoked_twice_are_refused_beside_the_form(self) -> None:
        issued = keys.create(product_code=a_product().code, scopes=["read"])
        keys.revoke(prefix=issued.key.prefix)

        address = f"/admin/usage/apikey/{issued.key.pk}/revoke/"
        response = at_the_desk_of("Support").post(address, {"reason": "Again"})

        assert "already" in response.context["form"].non_field_errors()[0]
