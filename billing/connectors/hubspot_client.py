"""HubSpot's API over the guarded exchange: what its statuses and error objects mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from billing.connectors.exchange import SECONDS, Call, Reply, exchange, settled
from billing.rules.connecting import Access, AccessExpired, Later, NotSetUp, Refused, Unreachable

ADDRESS, USUAL_ADDRESS = "address", "https://api.hubapi.com"
CLIENT_ID, CLIENT_SECRET = "client_id", "client_secret"
REFRESH_TOKEN, ACCESS_TOKEN = "refresh_token", "access_token"
BATCH = 100
"""How many records a call reads or writes, at most."""
RESTS = {"SECONDLY": 1.0, "TEN_SECONDLY_ROLLING": 10.0, "DAILY": 3600.0}
"""Seconds for which they are left alone, by the limit that was reached, where the answer names no time."""
REST_OF_THE_LOCKED = 2.0

Found = dict[str, Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Caller:
    """One connection's way to HubSpot. seconds: for each call. reply: the last answer."""

    def __init__(self, access: Access, seconds: float = SECONDS) -> None:
        self._access, self._seconds = access, seconds
        self.reply: Reply | None = None

    def get(self, path: str, **query: str) -> Found:
        """Raises Unreachable, Later, AccessExpired, Refused, NotSetUp."""
        return self._object("GET", path, query=query, headers=self._token())

    def post(self, path: str, told: Any) -> Found:
        """Raises as `get`."""
        return self._object("POST", path, told=told, headers=self._token())

    def token(self, form: Mapping[str, str]) -> Found:
        """What the token endpoint answers. Raises as `get`, but for AccessExpired: there is nothing to renew it by."""
        try:
            return self._object("POST", "/oauth/v1/token", form=form)
        except AccessExpired as fault:
            raise Refused(f"HubSpot refuses the app: {said(self.answered)}", 401) from fault

    @property
    def answered(self) -> Reply:
        assert self.reply is not None
        return self.reply

    def their_clock(self) -> datetime:
        """When they answered last, by their clock or ours, whichever is behind."""
        try:
            theirs = parsedate_to_datetime(self.answered.headers.get("date", ""))
        except ValueError:
            return self._access.at
        return min(theirs.replace(tzinfo=theirs.tzinfo or UTC), self._access.at)

    def _object(self, method: str, path: str, **asked: Any) -> Found:
        url = f"{self._access.setting(ADDRESS).rstrip('/')}{path}"
        self.reply = exchange(
            Call(method, url, private_hosts=self._access.private_hosts, **asked), self._seconds
        )
        _settle(self.reply)
        found = self.reply.read()
        if not isinstance(found, dict):
            raise Unreachable(f"It answered {self.reply.status} with no object.", self.reply.status)
        return found

    def _token(self) -> dict[str, str]:
        kept = self._access.secrets.get(ACCESS_TOKEN)
        if not kept and self._access.secrets.get(REFRESH_TOKEN):
            raise AccessExpired("There is no access token yet.")
        return {"authorization": f"Bearer {self._access.secret(ACCESS_TOKEN)}"}


def rows_of(page: Mapping[str, Any]) -> Sequence[Found]:
    """The records of a page or of a batch.

    Raises Unreachable where it has none of the form that is published.
    """
    rows = page.get("results")
    if not isinstance(rows, list) or not all(_is_record(row) for row in rows):
        raise Unreachable("It answered with something that is no list of records.", 200)
    return rows


def errors_of(batch: Mapping[str, Any]) -> Sequence[Found]:
    """The error objects of a batch, one for what was not done of it.

    Raises Unreachable where they are none.
    """
    errors = batch.get("errors") or []
    if not isinstance(errors, list) or not all(isinstance(each, dict) for each in errors):
        raise Unreachable("It answered with errors of another form.", 207)
    return errors


def after_of(page: Mapping[str, Any]) -> str:
    """Where the next page begins; empty where there is none."""
    paging = page.get("paging")
    following = paging.get("next") if isinstance(paging, dict) else None
    return str(following.get("after") or "") if isinstance(following, dict) else ""


def milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MILLISECOND


def stamp(said: object) -> int:
    """An instant as HubSpot writes it, in milliseconds since 1970; 0 where it is none."""
    text = str(said)
    if text.isascii() and text.isdigit():
        return int(text) if len(text) < 18 else 0
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return 0
    return max(milliseconds(moment), 0) if moment.tzinfo else 0


def changed_at(record: Mapping[str, Any]) -> int:
    """When a record was last changed, in milliseconds since 1970; 0 where it does not say."""
    properties = record.get("properties")
    told = properties.get("hs_lastmodifieddate") if isinstance(properties, dict) else None
    return stamp(told or record.get("updatedAt"))


def said(reply: Reply) -> str:
    """The message of an error object and of its first detail, or how the answer begins."""
    try:
        told = reply.read()
        details = [str(each["message"]) for each in (told.get("errors") or [])[:1]]
        return " ".join([str(told["message"]), *details])[:500]
    except (Unreachable, KeyError, TypeError, AttributeError):
        return " ".join(reply.excerpt[:200].split())


def _is_record(row: object) -> bool:
    return (
        isinstance(row, dict) and isinstance(row.get("id"), str) and isinstance(row.get("properties"), dict)
    )


def _settle(reply: Reply) -> None:
    """As `settled`, in HubSpot's terms: what a token may not and what is not set up there is for a person to mend."""
    if reply.status == 403:
        raise NotSetUp(f"HubSpot refuses the token: {said(reply)}{_scopes(reply)}")
    if reply.status == 400 and "PROPERTY_DOESNT_EXIST" in reply.excerpt:
        raise NotSetUp(f"A property is missing at HubSpot: {said(reply)}")
    if reply.status == 423:
        raise Later("HubSpot is busy with it (423).", REST_OF_THE_LOCKED)
    if reply.status == 429 and not reply.headers.get("retry-after"):
        raise Later("They ask for a pause (429).", _rest(reply))
    try:
        settled(reply)
    except Refused as refusal:
        raise Refused(
            f"HubSpot answered {reply.status}: {said(reply)}", reply.status, refusal.excerpt
        ) from refusal


def _rest(reply: Reply) -> float:
    try:
        found = reply.read()
        policy = str(found.get("policyName") or found.get("message", ""))
    except (Unreachable, AttributeError):
        policy = ""
    named = next((name for name in RESTS if name == policy), "")
    return RESTS[named or ("SECONDLY" if "secondly limit" in policy else "TEN_SECONDLY_ROLLING")]


def _scopes(reply: Reply) -> str:
    """The scopes that are missing, where the answer names them."""
    try:
        names = [
            str(name)
            for each in reply.read()["errors"]
            for key in ("requiredGranularScopes", "missingScopes")
            for name in each.get("context", {}).get(key, ())
        ]
    except (Unreachable, KeyError, TypeError, AttributeError):
        return ""
    return f" It needs {', '.join(names)}." if names else ""
