"""Salesforce's REST API over the guarded exchange: what its statuses and lists of errors mean."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from billing.connectors.exchange import SECONDS, Call, Reply, exchange, settled
from billing.rules.connecting import Access, AccessExpired, Later, NotSetUp, Refused, Unreachable

VERSION = "v65.0"
DATA = f"/services/data/{VERSION}"
TOKEN = "/services/oauth2/token"
ADDRESS, USUAL_ADDRESS = "address", "https://login.salesforce.com"
CLIENT_ID, CLIENT_SECRET = "client_id", "client_secret"
REFRESH_TOKEN, ACCESS_TOKEN, INSTANCE = "refresh_token", "access_token", "instance"
LONGEST_QUERY = 1_800
"""In characters as they stand in a URL, which has 2,000 at most here. Salesforce itself takes more."""
REST_OF_THE_DAY, REST_OF_THE_BUSY, REST_OF_THE_LOCKED = 900.0, 30.0, 5.0
"""Seconds for which they are left alone: the calls of a day are used up, too many are under way, a record is locked."""
MISSING = frozenset(
    {"INVALID_FIELD", "INVALID_TYPE", "INVALID_FIELD_FOR_INSERT_UPDATE", "INVALID_API_VERSION"}
)
"""Codes that say that something is not set up there, or that the user may not see it."""
SPARED_SHARE = 80
"""Per cent of the day's calls: beyond that they are asked less."""
_MARGIN = timedelta(seconds=2)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_USAGE = re.compile(r"(?<![\w-])api-usage=(\d{1,12})/(\d{1,12})")

Found = dict[str, Any]


class LocatorGone(Unreachable):
    """They don't know any more where a page begins: a query is to be asked anew."""


class Caller:
    """One connection's way to Salesforce. seconds: for each call. reply: the last answer."""

    def __init__(self, access: Access, seconds: float = SECONDS) -> None:
        self._access, self._seconds = access, seconds
        self.reply: Reply | None = None

    def get(self, path: str) -> Found:
        """Raises Unreachable, Later, AccessExpired, Refused, NotSetUp."""
        return self._object(self._asked("GET", f"{DATA}{path}"))

    def query(self, soql: str) -> Found:
        """The first page of what a query finds, deleted records too.

        Raises as `get`, and NotSetUp where the query is too long.
        """
        query = {"q": soql}
        if (length := len(urlencode(query))) > LONGEST_QUERY:
            raise NotSetUp(f"Too many fields are asked for: the query has {length:,} characters.")
        return self._object(self._asked("GET", f"{DATA}/queryAll", query=query))

    def more(self, place: str) -> Found:
        """A further page, by the place that the page before names. Raises as `get`, and LocatorGone."""
        if not place.startswith("/services/data/"):
            raise Unreachable(f"It answered a page that leads elsewhere: {place[:80]}.", 200)
        return self._object(self._asked("GET", place))

    def listed(self, method: str, path: str, told: Any) -> Sequence[Any]:
        """What a call answers for each of several records. Raises as `get`."""
        found = self._asked(method, f"{DATA}{path}", told=told)
        if not isinstance(found, list):
            raise Unreachable(f"It answered {self.answered.status} with no list.", self.answered.status)
        return found

    def token(self, form: Mapping[str, str]) -> Found:
        """What the token endpoint answers. Raises as `get`, but for AccessExpired: there is nothing to renew it by."""
        url = f"{self._access.setting(ADDRESS).rstrip('/')}{TOKEN}"
        self.reply = exchange(
            Call("POST", url, form=form, private_hosts=self._access.private_hosts), self._seconds
        )
        _, said = fault_of(self.reply)
        if "login rate exceeded" in said:
            raise Later("Too many tokens were asked for.", REST_OF_THE_BUSY)
        try:
            settled(self.reply)
        except (AccessExpired, Refused) as fault:
            raise Refused(f"Salesforce refuses the app: {said}", self.reply.status) from fault
        return self._object(self.reply.read())

    @property
    def answered(self) -> Reply:
        assert self.reply is not None
        return self.reply

    def asked_at(self) -> datetime:
        """When the last question was asked, by their clock and rather too early; by ours where they don't say."""
        try:
            theirs = parsedate_to_datetime(self.answered.headers.get("date", ""))
        except ValueError:
            return self._access.at - _MARGIN
        took = timedelta(milliseconds=self.answered.milliseconds)
        return theirs.replace(tzinfo=theirs.tzinfo or UTC) - took - _MARGIN

    def is_running_out(self) -> bool:
        """Whether most of the calls that they allow in a day are used, by whomever."""
        found = _USAGE.search(self.answered.headers.get("sforce-limit-info", ""))
        return found is not None and int(found[1]) * 100 >= int(found[2]) * SPARED_SHARE

    def _asked(self, method: str, path: str, **asked: Any) -> Any:
        token, instance = self._way()
        call = Call(
            method,
            f"{instance}{path}",
            {"authorization": f"Bearer {token}"},
            private_hosts=self._access.private_hosts,
            **asked,
        )
        self.reply = exchange(call, self._seconds)
        _settle(self.reply)
        return self.reply.read()

    def _object(self, found: Any) -> Found:
        if not isinstance(found, dict):
            raise Unreachable(f"It answered {self.answered.status} with no object.", self.answered.status)
        return found

    def _way(self) -> tuple[str, str]:
        """The token and where it counts. Raises AccessExpired where they were not told yet."""
        secrets = self._access.secrets
        if not (secrets.get(ACCESS_TOKEN) and secrets.get(INSTANCE)):
            raise AccessExpired("There is no access token yet.")
        return secrets[ACCESS_TOKEN][0], instance_of(secrets[INSTANCE][0], self._access)


def instance_of(told: object, access: Access) -> str:
    """The address that a token counts at, as they told it: a host by https, and nothing behind it.

    A host that the operator named may be without TLS. Whether it may be called at all the exchange says.
    Raises Unreachable where it is none.
    """
    text = told.rstrip("/") if isinstance(told, str) else ""
    parts = urlsplit(text)
    is_private = parts.scheme == "http" and {parts.hostname, parts.netloc} & access.private_hosts
    if not (parts.scheme == "https" or is_private) or text != f"{parts.scheme}://{parts.netloc}":
        raise Unreachable(f"Salesforce named no address by https for its API: {text[:80]}.", 200)
    return text


def rows_of(page: Mapping[str, Any]) -> Sequence[Found]:
    """The records of a page.

    Raises Unreachable where it has none of the form that is published.
    """
    rows = page.get("records")
    if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
        raise Unreachable("It answered with something that is no list of records.", 200)
    return rows


def place_after(page: Mapping[str, Any]) -> str:
    """Where the next page begins; empty where there is none.

    Raises Unreachable where more is there, and it does not say where.
    """
    if page.get("done") is True:
        return ""
    place = page.get("nextRecordsUrl")
    if not isinstance(place, str) or not place:
        raise Unreachable("It answered a part of its records, and not where the rest is.", 200)
    return place


def milliseconds(moment: datetime) -> int:
    return max((moment - _EPOCH) // timedelta(milliseconds=1), 0)


def stamp(said: object) -> int:
    """An instant as Salesforce writes it, in milliseconds since 1970; 0 where it is none."""
    try:
        moment = datetime.fromisoformat(str(said))
    except ValueError:
        return 0
    return milliseconds(moment) if moment.tzinfo else 0


def quoted(text: str) -> str:
    """A text as it stands in a query."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def fault_of(reply: Reply) -> tuple[str, str]:
    """The code and the message of an answer that is an error, or how it begins."""
    if 200 <= reply.status <= 299:
        return "", ""
    try:
        told = reply.read()
        first = told[0] if isinstance(told, list) else told
        if "errorCode" in first:
            return str(first["errorCode"]), f"{first.get('message')} ({first['errorCode']})"[:500]
        return str(first["error"]), f"{first.get('error_description')} ({first['error']})"[:500]
    except (Unreachable, KeyError, IndexError, TypeError, AttributeError):
        return "", " ".join(reply.excerpt[:200].split())


def _settle(reply: Reply) -> None:
    """As `settled`, in Salesforce's terms: its codes tell more than its statuses."""
    code, said = fault_of(reply)
    if code == "REQUEST_LIMIT_EXCEEDED":
        is_day = "TotalRequests" in said
        why = "The calls of a day are used up." if is_day else "Too many calls are under way."
        raise Later(why, REST_OF_THE_DAY if is_day else REST_OF_THE_BUSY)
    if code == "UNABLE_TO_LOCK_ROW":
        raise Later("Salesforce is busy with it.", REST_OF_THE_LOCKED)
    if code == "INVALID_QUERY_LOCATOR":
        raise LocatorGone("Salesforce does not know any more where the page begins.", reply.status)
    if code == "QUERY_TIMEOUT":
        raise Unreachable(f"Salesforce gave up: {said}", reply.status)
    if code in MISSING:
        raise NotSetUp(f"Something is missing at Salesforce: {said}")
    if reply.status == 403:
        raise NotSetUp(f"Salesforce refuses the user: {said}")
    try:
        settled(reply)
    except Refused as refusal:
        raise Refused(
            f"Salesforce answered {reply.status}: {said}", reply.status, refusal.excerpt
        ) from refusal
