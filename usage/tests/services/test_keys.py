"""API keys: handed out once, found by what is presented, taken back for good."""

import pytest
from django.contrib.auth.models import User

from config.kernel.errors import InvalidRequest
from pricing.errors import UnknownProduct
from pricing.models import Product
from pricing.services import catalogue
from usage.errors import KeyMissing, KeyRevoked
from usage.models import ApiKey
from usage.queries.keys import holder_of
from usage.services import keys

pytestmark = pytest.mark.django_db


@pytest.fixture
def assistant() -> Product:
    return catalogue.create_product(code="key-assistant")


class TestCreate:
    def test_hands_out_a_text_that_opens_its_product(self, assistant: Product) -> None:
        issued = keys.create(product_code="key-assistant", scopes=["read", "debit", "read"], name="web")

        holder = holder_of(issued.text)
        assert holder is not None
        assert (holder.api_key_id, holder.product_id) == (issued.key.pk, assistant.pk)
        assert holder.scopes == {"debit", "read"}

    def test_keeps_the_hash_alone(self, assistant: Product) -> None:
        issued = keys.create(product_code="key-assistant", scopes=["read"])

        kept = ApiKey.objects.get(pk=issued.key.pk)
        secret = issued.text.rpartition("_")[2]
        assert issued.text.startswith(f"td_{kept.prefix}_")
        assert len(secret) == 48
        assert secret.encode() not in bytes(kept.secret_hash)
        assert len(bytes(kept.secret_hash)) == 32

    def test_remembers_who_made_it_and_why(self, assistant: Product) -> None:
        mina = User.objects.create(username="mina-keys")

        issued = keys.create(product_code="key-assistant", scopes=["read"], user=mina, reason="New service.")

        first = issued.key.history.get()
        assert (first.history_user, first.history_change_reason) == (mina, "New service.")

    def test_refuses_a_product_that_does_not_exist(self) -> None:
        with pytest.raises(UnknownProduct, match="There is no product nowhere"):
            keys.create(product_code="nowhere", scopes=["read"])

        assert not ApiKey.objects.exists()
        assert not Product.objects.filter(code="nowhere").exists()

    @pytest.mark.parametrize("scopes", [[], ["debit", "write"]])
    def test_refuses_scopes_that_do_not_exist(self, assistant: Product, scopes: list[str]) -> None:
        with pytest.raises(InvalidRequest, match="debit, events, read, provision"):
            keys.create(product_code="key-assistant", scopes=scopes)

        assert not ApiKey.objects.filter(product=assistant).exists()


class TestHolderOf:
    @pytest.mark.parametrize("presented", ["", "td_", "td_0000000_x", "Bearer x", "td_٠٠٠٠٠٠٠٠_" + "a" * 48])
    def test_opens_nothing_for_what_is_no_key(self, presented: str) -> None:
        assert holder_of(presented) is None

    def test_opens_nothing_for_a_right_prefix_with_a_wrong_secret(self, assistant: Product) -> None:
        issued = keys.create(product_code="key-assistant", scopes=["read"])

        assert holder_of(f"td_{issued.key.prefix}_" + "0" * 48) is None


class TestRevoke:
    def test_closes_the_key_for_good(self, assistant: Product) -> None:
        issued = keys.create(product_code="key-assistant", scopes=["read"])

        revoked = keys.revoke(prefix=issued.key.prefix, reason="Leaked.")

        assert revoked.revoked_at is not None
        assert holder_of(issued.text) is None
        assert revoked.history.latest().history_change_reason == "Leaked."

    def test_refuses_a_key_that_is_revoked(self, assistant: Product) -> None:
        issued = keys.create(product_code="key-assistant", scopes=["read"])
        first = keys.revoke(prefix=f"td_{issued.key.prefix}").revoked_at

        with pytest.raises(KeyRevoked):
            keys.revoke(prefix=issued.key.prefix)

        assert ApiKey.objects.get(pk=issued.key.pk).revoked_at == first

    def test_refuses_a_key_that_does_not_exist(self) -> None:
        with pytest.raises(KeyMissing):
            keys.revoke(prefix="00000000")
