import pytest

from config.http import query
from config.http.scalars import Moment, PageSize, Reference
from config.http.shapes import Shape
from config.kernel.errors import InvalidRequest


class Listing(Shape):
    limit: PageSize | None = None
    account: Reference | None = None
    as_of: Moment | None = None


class TestRead:
    def test_decodes_parameters(self) -> None:
        asked = query.read(Listing, "limit=500&account=Zo%C3%AB+%26%20co&as_of=2026-11-22T10:00:00%2B01:00")

        assert (asked.limit, asked.account) == (500, "Zoë & co")
        assert asked.as_of is not None
        assert asked.as_of.isoformat() == "2026-11-22T09:00:00+00:00"

    @pytest.mark.parametrize(
        ("sent", "at_fault"),
        [
            ("limit=0", "limit"),
            ("limit=501", "limit"),
            ("limit=-1", "limit"),
            ("limit=99999999999999999999", "limit"),
            ("limit=1.0", "limit"),
            ("limit=%D9%A1", "limit"),
            ("limit=", "limit"),
            ("limit", "limit"),
            ("limit=1&limit=1", "limit"),
            ("page=1", "page"),
            ("account=%00", "account"),
            ("account=%E2%80%AE", "account"),
            ("as_of=2026-11-22T10:00:00", "as_of"),
            ("as_of=2026-11-22T10:00:00+01:00", "as_of"),
            ("as_of=0001-01-01T00:00:00Z", "as_of"),
        ],
    )
    def test_names_the_parameter_at_fault(self, sent: str, at_fault: str) -> None:
        with pytest.raises(InvalidRequest) as refusal:
            query.read(Listing, sent)

        assert [each.pointer for each in refusal.value.errors] == [at_fault]

    @pytest.mark.parametrize(
        "sent", ["account=%", "account=%zz", "account=%ff", "account=é", "account=a b", "%=1"]
    )
    def test_refuses_what_is_not_encoded(self, sent: str) -> None:
        with pytest.raises(InvalidRequest):
            query.read(Listing, sent)
