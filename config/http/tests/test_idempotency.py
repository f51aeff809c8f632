import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from config.http.idempotency import fingerprint, key_of
from config.http.json_text import parse
from config.kernel.errors import IdempotencyKeyMissing, InvalidRequest

BODY = '{"account": "acme", "items": [{"feature": "chat", "quantity": 5}], "metadata": null}'


def digest(body: str, *, path: str = "/api/v1/debits") -> bytes:
    return fingerprint("POST", path, parse(body.encode()))


class TestKeyOf:
    def test_takes_255_visible_characters(self) -> None:
        request = RequestFactory().post("/", headers={"Idempotency-Key": "!" + "~" * 254})

        assert key_of(request) == "!" + "~" * 254

    def test_asks_for_a_key(self) -> None:
        with pytest.raises(IdempotencyKeyMissing):
            key_of(RequestFactory().post("/"))

    @pytest.mark.parametrize("key", ["x" * 256, "two words", "naïve", "tab\tbed", "\x7f"])
    def test_refuses_keys_that_cannot_be_seen(self, key: str) -> None:
        with pytest.raises(InvalidRequest):
            key_of(RequestFactory().post("/", headers={"Idempotency-Key": key}))


class TestFingerprint:
    @pytest.mark.parametrize(
        "same",
        [
            BODY.replace(" ", ""),
            BODY.replace("5", '"5"'),
            BODY.replace("5", "5.0"),
            BODY.replace("5", '"5.000"'),
            BODY.replace("5", "0.5e1"),
            BODY.replace("5", '"50E-1"'),
            BODY.replace(', "metadata": null', ""),
            '{"items": [{"quantity": 5, "feature": "chat"}], "account": "acme"}',
        ],
    )
    def test_is_the_same_for_the_same_body(self, same: str) -> None:
        assert digest(same) == digest(BODY)

    @pytest.mark.parametrize(
        "other",
        [
            BODY.replace("5", "50"),
            BODY.replace("5", "-5"),
            BODY.replace("5", "0.5"),
            BODY.replace("acme", "Acme"),
            BODY.replace("null", "{}"),
            BODY.replace("}]", '}, {"feature": "chat", "quantity": 5}]'),
        ],
    )
    def test_differs_for_another_body(self, other: str) -> None:
        assert digest(other) != digest(BODY)

    def test_differs_for_another_path(self) -> None:
        assert digest(BODY, path="/api/v1/quotes") != digest(BODY)

    def test_leaves_numbers_within_texts_alone(self) -> None:
        assert digest('{"a": "x\\"5.0"}') != digest('{"a": "x\\"5"}')
        assert digest('{"a": "v5.0"}') != digest('{"a": "v5"}')
        assert digest('{"5.0": 1}') != digest('{"5": 1}')

    @given(
        st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**17), max_value=10**17)
    )
    def test_knows_one_number_in_every_spelling(self, number: object) -> None:
        spelt = f"{number:f}"

        assert (
            digest(f'{{"a": {spelt}}}') == digest(f'{{"a": "{spelt}000"}}') == digest(f'{{"a": {spelt}e0}}')
        )
