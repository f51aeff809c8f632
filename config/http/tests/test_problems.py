import json

import pytest
from django.http import Http404, HttpResponse
from django.test import RequestFactory

from config.http import problems
from config.http.middleware import Problems
from config.kernel import errors


class TestAnswer:
    def test_tells_type_title_status_detail_and_what_the_refusal_carries(self) -> None:
        refusal = errors.InsufficientTokens(
            "The wallet holds 1 and 5 are needed.", extras={"required": "5.000000", "denial": "d-1"}
        )

        response = problems.answer(refusal)

        assert response.status_code == 402
        assert response["Content-Type"] == "application/problem+json"
        assert json.loads(response.content) == {
            "type": "/api/v1/problems/insufficient-tokens",
            "title": "Not enough tokens",
            "status": 402,
            "detail": "The wallet holds 1 and 5 are needed.",
            "required": "5.000000",
            "denial": "d-1",
        }

    def test_names_the_scheme_where_a_key_is_missing(self) -> None:
        assert problems.answer(errors.Unauthenticated())["WWW-Authenticate"] == 'Bearer realm="api"'

    def test_says_when_to_try_again(self) -> None:
        assert problems.answer(errors.Throttled(extras={"retry_after": 7}))["Retry-After"] == "7"
        assert problems.answer(errors.Unavailable())["Retry-After"] == "1"


class TestOfException:
    def test_hides_the_particulars_of_a_defect(self, caplog: pytest.LogCaptureFixture) -> None:
        refusal = problems.of_exception(KeyError("the secret"))

        assert refusal.code == "internal"
        assert "secret" not in problems.answer(refusal).content.decode()
        assert "the secret" in caplog.text

    def test_translates_what_django_raises(self) -> None:
        assert problems.of_exception(Http404()).code == "not_found"


class TestMiddleware:
    @staticmethod
    def through(path: str, inner: HttpResponse) -> HttpResponse:
        request = RequestFactory().get("/")
        request.path_info = path
        response = Problems(lambda _: inner)(request)
        assert isinstance(response, HttpResponse)
        return response

    @pytest.mark.parametrize("status", [400, 403, 404, 405, 500, 503])
    def test_tells_errors_of_other_layers_as_problems(self, status: int) -> None:
        response = self.through("/api/v1/nowhere", HttpResponse("<h1>oh</h1>", status=status))

        assert response.status_code == status
        assert response["Content-Type"] == "application/problem+json"

    @pytest.mark.parametrize("path", ["/api/%FF", "/api/a\x00", "/api/50%", "/api/%zz", "/api/\u202e"])
    def test_refuses_paths_that_cannot_be_read(self, path: str) -> None:
        response = self.through(path, HttpResponse("never"))

        assert response.status_code == 400
        assert response["Content-Type"] == "application/problem+json"

    def test_leaves_other_paths_alone(self) -> None:
        assert self.through("/admin/", HttpResponse("no", status=404)).content == b"no"

    def test_lets_answers_pass(self) -> None:
        assert self.through("/api/v1/rates", HttpResponse("{}")).content == b"{}"


def test_every_problem_has_its_class() -> None:
    for code, problem in errors.PROBLEMS.items():
        assert problem.slug == code.replace("_", "-")
        assert errors.refusal_class(code).code == code
