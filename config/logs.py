"""What the processes write down, as lines for people or as JSON for programs. Neither secrets nor bodies."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING, Any

from config.kernel import trail

if TYPE_CHECKING:  # the web server's own process loads this file, and no Django
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

FORMATS = ("lines", "json")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
OURS = ("config", "wallets", "pricing", "usage", "billing")
HEADER = "X-Request-Id"
LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"
# A password in a URL, and what opens something: whatever library puts one into a message, it ends here. Django tells
# the path of a request that failed, and the path of a link is all that it takes to follow it.
_SECRET = re.compile(
    r"(?<=://)([^\s:/@]*):[^\s@/]+@|\b(?:td|sk|rk|whsec|pat)_[A-Za-z0-9_+/=-]{8,}|\bBearer \S+"
    r"|(?<=/my/link/)[^\s/]+|(?<=/my/enter/)[^\s/]+|(?<=/shared/usage/)[^\s/]+"
)

log = logging.getLogger(__name__)


def settings_for(written_as: str, level: str) -> dict[str, Any]:
    """Django's LOGGING. level: of our own loggers; libraries tell warnings alone."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {"()": "config.logs.Lines", "fmt": LINE},
            "json": {"()": "config.logs.Json"},
        },
        "filters": {
            "away": {"()": "config.following.OneLineWhileAway"},
            "short": {"()": "config.logs.WithoutTraceback"},
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": written_as}},
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            "django.request": {"level": "ERROR"},
            "django.security.DisallowedHost": {"filters": ["short"]},
            "celery.app.trace": {"filters": ["away"]},
            **{name: {"level": level} for name in OURS},
        },
    }


class Lines(logging.Formatter):
    """A line for people, with the request it belongs to at its end."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        told = " ".join(f"{name}={_plain(value)}" for name, value in _facts(record).items())
        return super().formatMessage(record) + (f" [{told}]" if told else "")

    def format(self, record: logging.LogRecord) -> str:
        return _without_secrets(super().format(record))


class Json(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message, what it belongs to, a traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_facts(record),
        }
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps({name: _shown(value) for name, value in told.items()}, ensure_ascii=False)


def as_asked_for() -> logging.Formatter:
    """Of the web server itself, which begins before there are settings."""
    return Json() if os.environ.get("LOG_FORMAT") == "json" else Lines(LINE)


class WithoutAdvice(logging.Filter):
    """The web server advises against our number of threads at each start; most of them wait for the database."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "which seems quite high" not in record.getMessage()


class WithoutTraceback(logging.Filter):
    """Of a request whose fault is the caller's, such as one for another host: the message says all."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = None
        return True


def _facts(record: logging.LogRecord) -> dict[str, object]:
    """The request or job that the line belongs to, and the facts that it brings itself."""
    present = trail.present()
    of_whom = {"request_id": present.request_id} if present else {}
    if present and present.trace_id:
        of_whom["trace_id"] = present.trace_id
    return {**of_whom, **getattr(record, "facts", {})}


def _shown(value: object) -> object:
    return _without_secrets(value) if isinstance(value, str) else value


def _plain(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _without_secrets(text: str) -> str:
    return _SECRET.sub(lambda found: f"{found[1]}:***@" if found[1] is not None else "***", text)


def followed(answers: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Give each request an id, its own where it brought one, answer with it, and tell how the request ended."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        began_at = perf_counter()
        with trail.followed(trail.well_formed(request.META.get("HTTP_X_REQUEST_ID", ""))) as present:
            response = answers(request)
            response.headers[HEADER] = present.request_id
            if log.isEnabledFor(logging.INFO):
                _tell(request, response, present, perf_counter() - began_at)
        return response

    return answer


def _tell(request: HttpRequest, response: HttpResponseBase, present: trail.Trail, seconds: float) -> None:
    route = request.resolver_match.route if request.resolver_match else "unknown"
    facts = {
        "method": request.method,
        "route": route,
        "status": response.status_code,
        "milliseconds": round(seconds * 1000, 2),
        **present.facts,
    }
    log.info("%s %s answered %d", request.method, route, response.status_code, extra={"facts": facts})
