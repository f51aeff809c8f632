import pytest
from django.test import RequestFactory

from config.http import bodies
from config.http.json_text import Number
from config.kernel.errors import InvalidRequest, PayloadTooLarge, UnsupportedMediaType


def taken(body: bytes = b'{"a": 5}', content_type: str = "application/json", **more: str) -> object:
    request = RequestFactory().post("/", body, content_type=content_type)
    request.META.update(more)
    return bodies.take(request)


class TestTake:
    @pytest.mark.parametrize(
        "content_type",
        ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8",
         'application/json; charset="utf-8"'],
    )  # fmt: skip
    def test_takes_json(self, content_type: str) -> None:
        body = taken(content_type=content_type)

        assert isinstance(body, dict)
        assert isinstance(body["a"], Number)

    @pytest.mark.parametrize(
        "content_type",
        ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml",
         "application/json; charset=utf-16", "application/json; charset=latin-1", "application/cloudevents+json",
         "json", ";"],
    )  # fmt: skip
    def test_refuses_other_content_types(self, content_type: str) -> None:
        with pytest.raises(UnsupportedMediaType):
            taken(content_type=content_type)

    @pytest.mark.parametrize(
        "content_type", ["application/cloudevents+json", "Application/CloudEvents+JSON; charset=UTF-8"]
    )
    def test_takes_another_kind_of_json_where_that_is_asked_for(self, content_type: str) -> None:
        request = RequestFactory().post("/", b"{}", content_type=content_type)

        assert bodies.take(request, media_type="application/cloudevents+json") == {}
        with pytest.raises(UnsupportedMediaType):
            taken(content_type=content_type)

    @pytest.mark.parametrize(
        "content_type", ["application/json", "application/cloudevents+json; charset=latin-1"]
    )
    def test_refuses_plain_json_where_another_kind_is_asked_for(self, content_type: str) -> None:
        request = RequestFactory().post("/", b"{}", content_type=content_type)

        with pytest.raises(UnsupportedMediaType):
            bodies.take(request, media_type="application/cloudevents+json")

    def test_refuses_an_encoded_body(self) -> None:
        with pytest.raises(UnsupportedMediaType):
            taken(HTTP_CONTENT_ENCODING="gzip")

    def test_takes_a_mebibyte_and_no_more(self) -> None:
        largest = b'{"a": "%b"}' % (b"x" * (bodies.MEBIBYTE - 9))

        assert isinstance(taken(largest), dict)
        with pytest.raises(PayloadTooLarge):
            taken(largest + b" ")

    def test_counts_a_body_of_unknown_length(self) -> None:
        more = {"CONTENT_LENGTH": "", "wsgi.input_terminated": "yes"}
        request = RequestFactory().post("/", b" " * (bodies.MEBIBYTE + 1), content_type="application/json")
        request.META.update(more)

        with pytest.raises(PayloadTooLarge):
            bodies.take(request)

    @pytest.mark.parametrize("length", ["-1", "1e3", "abc", "٣"])
    def test_refuses_a_length_that_is_none(self, length: str) -> None:
        with pytest.raises(InvalidRequest):
            taken(CONTENT_LENGTH=length)

    def test_refuses_an_empty_body(self) -> None:
        with pytest.raises(InvalidRequest):
            taken(b"")


class TestTakeIfAny:
    @pytest.mark.parametrize("content_type", ["", "application/json", "text/plain"])
    def test_takes_nothing_for_an_empty_object(self, content_type: str) -> None:
        assert bodies.take_if_any(RequestFactory().post("/", b"", content_type=content_type)) == {}

    def test_takes_and_refuses_what_is_sent_as_ever(self) -> None:
        assert bodies.take_if_any(RequestFactory().post("/", b"[]", content_type="application/json")) == []
        with pytest.raises(UnsupportedMediaType):
            bodies.take_if_any(RequestFactory().post("/", b"[]", content_type="text/plain"))
