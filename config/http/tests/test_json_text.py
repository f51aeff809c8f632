import pytest

from config.http.json_text import Number, Repeated, parse
from config.kernel.errors import InvalidRequest


class TestParse:
    def test_keeps_the_text_of_numbers(self) -> None:
        numbers = parse(b"[0.1, 5e0, 123456789012345678901234567890]")

        assert isinstance(numbers, list)
        assert [each.text for each in numbers if isinstance(each, Number)] == [
            "0.1",
            "5e0",
            "123456789012345678901234567890",
        ]

    def test_marks_an_object_that_names_a_member_twice(self) -> None:
        marked = parse(b'{"a": 1, "b": 2, "a": 3}')

        assert isinstance(marked, Repeated)
        assert marked.members == ["a"]

    @pytest.mark.parametrize(
        ("body", "why"),
        [
            (b"", "empty"),
            (b"   ", "not JSON"),
            (b"{", "not JSON"),
            (b'{"a": NaN}', "NaN is not a JSON number"),
            (b'{"a": Infinity}', "Infinity is not a JSON number"),
            (b'{"a": -Infinity}', "-Infinity is not a JSON number"),
            (b'{"a": 01}', "not JSON"),
            (b'{"a": 1_000}', "not JSON"),
            (b'{"a": 1}}', "not JSON"),
            (b'{"a": "\x01"}', "not JSON"),
            (b"\xef\xbb\xbf{}", "not JSON"),
            ('{"a": "é"}'.encode("latin-1"), "not UTF-8"),
            ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
            (b"[" * 100_000, "nested too deeply"),
            (b'{"a":' * 100_000, "nested too deeply"),
        ],
    )
    def test_refuses_what_is_not_json(self, body: bytes, why: str) -> None:
        with pytest.raises(InvalidRequest, match=why):
            parse(body)
