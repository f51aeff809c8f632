from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal

import pytest
from msgspec import UNSET, Meta, UnsetType

from config.http import shapes
from config.http.json_text import parse
from config.http.scalars import (
    Metadata,
    Moment,
    Money,
    Prose,
    Quantity,
    Reference,
    TimeZone,
    TokenLimit,
    Whole,
)
from config.kernel.errors import InvalidRequest


class Line(shapes.Shape):
    feature: Reference
    quantity: Quantity
    dimensions: Annotated[dict[Reference, Reference], Meta(max_length=2)] | None = None


class Priced(shapes.Shape):
    price: Money


class Block(shapes.Shape, tag_field="mode", tag="block"):
    pass


class Overage(shapes.Shape, tag_field="mode", tag="overage"):
    limit: TokenLimit | None = None


class Loose(shapes.Open):
    quantity: Quantity


class Asked(shapes.Shape):
    account: Reference
    lines: Annotated[list[Line], Meta(min_length=1, max_length=3)]
    at: Moment | None = None
    metadata: Metadata | None = None
    policy: Block | Overage | None | UnsetType = UNSET
    kind: Literal["trial", "promo"] = "trial"
    reason: Prose | None = None
    whole: Whole | None = None
    is_whole: bool = False
    time_zone: TimeZone | None = None


class Paid(shapes.Paired):
    amount: TokenLimit | None = None
    unit: Reference | None = None

    needs = {"unit": "amount"}


class Payments(shapes.Shape):
    payments: list[Paid]


def body(more: str = "", *, quantity: str = "1", account: str = '"acme"') -> bytes:
    line = f'{{"feature": "chat", "quantity": {quantity}}}'
    return f'{{"account": {account}, "lines": [{line}]{", " if more else ""}{more}}}'.encode()


def faults_of(sent: bytes) -> dict[str, str]:
    with pytest.raises(InvalidRequest) as refusal:
        shapes.read(Asked, parse(sent))
    return {each.pointer: each.detail for each in refusal.value.errors}


class TestExpected:
    def test_names_the_only_value_alone(self) -> None:
        class Event(shapes.Shape):
            specversion: Literal["1.0"]

        with pytest.raises(InvalidRequest, match=r"/specversion: Expected 1\.0\."):
            shapes.read(Event, parse(b'{"specversion": "0.3"}'))


class TestRead:
    def test_answers_plain_values(self) -> None:
        asked = shapes.read(
            Asked,
            parse(
                body(
                    '"at": "2026-11-22T11:00:00.5+01:00", "policy": {"mode": "overage", "limit": 100}, "whole": 7, '
                    '"metadata": {"n": 5, "part": 0.10, "deep": [null, true, {"x": "y"}]}, "reason": "two\\nlines"',
                    quantity="1532.5",
                )
            ),
        )

        assert asked.lines[0].quantity == Decimal("1532.5")
        assert asked.at == datetime(2026, 11, 22, 10, 0, 0, 500_000, tzinfo=UTC)
        assert isinstance(asked.policy, Overage)
        assert asked.policy.limit == 100
        assert asked.metadata == {"n": 5, "part": "0.10", "deep": [None, True, {"x": "y"}]}
        assert asked.reason == "two\nlines"
        assert asked.whole == 7

    def test_tells_absent_from_null(self) -> None:
        assert shapes.read(Asked, parse(body())).policy is UNSET
        assert shapes.read(Asked, parse(body('"policy": null'))).policy is None

    def test_names_every_field_at_fault(self) -> None:
        found = faults_of(
            b'{"account": 5, "lines": [{"quantity": 0, "colour": 1}], "a/b~c": 1, "is_whole": "yes"}'
        )

        assert found == {
            "/a~1b~0c": "The member is unknown here.",
            "/account": "Expected a text, got a number.",
            "/lines/0/colour": "The member is unknown here.",
            "/lines/0/feature": "The member is missing.",
            "/lines/0/quantity": "The number must be greater than 0.",
            "/is_whole": "Expected true or false, got a text.",
        }

    def test_names_members_sent_twice_where_they_are(self) -> None:
        assert faults_of(b'{"account": "a", "account": "b"}') == {"/account": "The member is named twice."}
        assert faults_of(b'{"account": "a", "lines": [{"feature": "x", "feature": "y", "quantity": 1}]}') == {
            "/lines/0/feature": "The member is named twice."
        }
        assert faults_of(body('"metadata": {"deep": {"a": 1, "a": 1}}')) == {
            "/metadata": "An object names 'a' twice."
        }

    @pytest.mark.parametrize("paid", ['{"unit": "AIT"}', '{"unit": "AIT", "amount": null}'])
    def test_names_a_member_that_lacks_the_one_it_needs(self, paid: str) -> None:
        with pytest.raises(InvalidRequest) as refusal:
            shapes.read(Payments, parse(f'{{"payments": [{{}}, {paid}]}}'.encode()))

        (fault,) = refusal.value.errors
        assert (fault.pointer, fault.detail) == ("/payments/1/unit", "It needs the member amount beside it.")

    @pytest.mark.parametrize(
        "paid", ["{}", '{"amount": 0, "unit": "AIT"}', '{"amount": 5}', '{"unit": null, "amount": null}']
    )
    def test_takes_members_with_those_they_need(self, paid: str) -> None:
        assert len(shapes.read(Payments, parse(f'{{"payments": [{paid}]}}'.encode())).payments) == 1

    def test_tells_at_most_twenty(self) -> None:
        many = ", ".join(f'"x{n}": 1' for n in range(50))

        assert len(faults_of(body(many))) == 20

    @pytest.mark.parametrize("sent", [b"[]", b'"text"', b"5", b"null", b"true"])
    def test_refuses_what_is_no_object(self, sent: bytes) -> None:
        assert list(faults_of(sent)) == [""]

    @pytest.mark.parametrize(
        "quantity",
        ["-1", "0", '"-1"', '"0"', '"NaN"', '"Infinity"', '"sNaN"', "1e400", '"1e400"', '"1_000"', '"١٢٣"', '"１"',
         '" 1"', '"1 "', '"+1"', '"0x10"', '"1,5"', '"01"', '""', "1" * 41, f'"{"1" * 41}"', "1e18", "0.0000000001",
         f'"{"1" * 5000}"', "1e-400", '"1e99999999999"', "null", "true", "[]", "{}", '"1."', '".5"'],
    )  # fmt: skip
    def test_refuses_quantities_that_are_none(self, quantity: str) -> None:
        assert list(faults_of(body(quantity=quantity))) == ["/lines/0/quantity"]

    @pytest.mark.parametrize(
        ("quantity", "read"),
        [("1532", "1532"), ('"1532.000000000"', "1532"), ("5e2", "500"), ("0.000000001", "0.000000001"),
         ("999999999999999999.999999999", "999999999999999999.999999999"), ('"1.5000000000000"', "1.5")],
    )  # fmt: skip
    def test_reads_quantities_exactly(self, quantity: str, read: str) -> None:
        assert shapes.read(Asked, parse(body(quantity=quantity))).lines[0].quantity == Decimal(read)

    @pytest.mark.parametrize("price", ["0.000000000001", "999999999999999999.999999999999", "0"])
    def test_reads_money_to_the_last_digit(self, price: str) -> None:
        assert shapes.read(Priced, parse(f'{{"price": {price}}}'.encode())).price == Decimal(price)

    @pytest.mark.parametrize(
        "account",
        ['""', '"a\\u0000b"', '"a\\ud800b"', '"a\\u202eb"', '"a\\u2066b"', '"a\\nb"', '"a\\tb"', '"a\\u0007b"',
         '"a\\u007fb"', '"a\\u0085b"', '"a\\u2028b"', '"a\\ufeffb"', f'"{"x" * 129}"', "5",
         "null", "[]", "{}", "false"],
    )  # fmt: skip
    def test_refuses_references_that_cannot_be_shown(self, account: str) -> None:
        assert list(faults_of(body(account=account))) == ["/account"]

    @pytest.mark.parametrize("account", ["x" * 128, "Zoë/Østre 你好 🦉", "a b", "50%", "O'Neil;--"])
    def test_takes_references_in_any_script(self, account: str) -> None:
        assert shapes.read(Asked, parse(body(account=f'"{account}"'))).account == account

    @pytest.mark.parametrize(
        "at",
        ["2026-11-22T10:00:00", "2026-11-22", "2026-11-22T10:00Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59",
         "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", "2026-02-30T10:00:00Z", "2026-11-22T24:00:00Z", "now",
         "2026-11-22T10:00:60Z", "2026-11-22T10:00:00 01:00", "2026-11-22T10:00:00+25:00",
         "２０２６-11-22T10:00:00Z", "", "1763805600", "2026-W47-7T10:00:00Z", "20261122T100000Z"],
    )  # fmt: skip
    def test_refuses_times_that_are_none(self, at: str) -> None:
        assert list(faults_of(body(f'"at": "{at}"'))) == ["/at"]

    @pytest.mark.parametrize(
        "more",
        ['"at": 5', '"policy": {"mode": "grace"}', '"policy": {"limit": "5"}', '"policy": "block"', '"kind": "gift"',
         '"kind": 5', '"kind": null', '"whole": "7"', '"whole": 1.5', '"whole": -1', '"whole": 2147483648',
         '"metadata": []', '"metadata": {"a": "\\u0000"}', '"metadata": {"\\u0000": 1}',
         '"metadata": {"a": 1e400}', '"time_zone": "Mars/Base"', '"time_zone": "../etc/passwd"',
         '"time_zone": "Europe"',
         '"reason": "\\u0000"', '"lines2": []', '"is_whole": 1', '"metadata": {"a": ' + "[" * 40 + "]" * 40 + "}"],
    )  # fmt: skip
    def test_refuses_what_does_not_fit(self, more: str) -> None:
        assert len(faults_of(body(more))) == 1


class TestOpen:
    def test_may_have_more_members_than_it_names(self) -> None:
        assert shapes.read(Loose, parse(b'{"quantity": 5, "more": {"a": 1}}')).quantity == 5

    def test_tells_what_is_wrong_with_those_that_it_names(self) -> None:
        with pytest.raises(InvalidRequest) as refusal:
            shapes.read(Loose, parse(b'{"quantity": 0, "more": 1}'))

        assert [each.pointer for each in refusal.value.errors] == ["/quantity"]

    def test_names_no_member_twice(self) -> None:
        with pytest.raises(InvalidRequest) as refusal:
            shapes.read(Loose, parse(b'{"quantity": 1, "more": 1, "more": 2}'))

        assert [each.pointer for each in refusal.value.errors] == ["/more"]
