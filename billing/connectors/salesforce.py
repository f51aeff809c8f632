"""Salesforce: accounts become accounts, won opportunities orders; figures go back to accounts, signals become tasks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from billing.connectors.contract import OTHER_FORM, Connector
from billing.connectors.exchange import SECONDS
from billing.connectors.salesforce_checking import checked
from billing.connectors.salesforce_client import (
    ACCESS_TOKEN,
    ADDRESS,
    CLIENT_ID,
    CLIENT_SECRET,
    INSTANCE,
    REFRESH_TOKEN,
    USUAL_ADDRESS,
    Caller,
    instance_of,
)
from billing.connectors.salesforce_pulling import (
    ACCOUNT,
    ACCOUNTS,
    CURRENCY,
    LINES,
    OPPORTUNITIES,
    OPPORTUNITY,
    SINCE,
    changed,
)
from billing.connectors.salesforce_reading import TARGETS, account_wishes, opportunity_wishes
from billing.connectors.salesforce_sending import BATCH, sent_fields, sent_tasks
from billing.connectors.salesforce_sold import sales_named, sold_between
from billing.rules.connecting import (
    FIELDS,
    SELLER,
    TASK,
    Access,
    Checked,
    Message,
    Nothing,
    Page,
    Record,
    Renewed,
    Sent,
    Setting,
    Sold,
    Unreachable,
    Unreadable,
    Wish,
)
from billing.rules.mapping import Mapped


class Salesforce(Connector):
    """Walks over what changed; collections of fields and tasks out. It takes no calls: decision 0043 says why."""

    kind = "salesforce"
    title = "Salesforce"
    settings = (
        Setting(SINCE, "Opportunities from", "A day as 2026-11-01: those won before it are left alone."),
        Setting(
            CURRENCY,
            "Currency",
            "Of an org that has one, as EUR. Leave it empty where the org has several.",
            is_needed=False,
        ),
        Setting(CLIENT_ID, "Client id", "The consumer key of the app."),
        Setting(
            CLIENT_SECRET, "Client secret", "The consumer secret of the app.", is_secret=True, is_needed=False
        ),
        Setting(
            REFRESH_TOKEN,
            "Refresh token",
            "Of the user who allowed the app. Without it the client credentials count.",
            is_secret=True,
            is_needed=False,
        ),
        Setting(
            f"{ACCOUNTS}_fields", "More fields of accounts", "By comma, by their API names.", is_needed=False
        ),
        Setting(f"{OPPORTUNITIES}_fields", "More fields of opportunities", "By comma.", is_needed=False),
        Setting(f"{LINES}_fields", "More fields of their products", "By comma.", is_needed=False),
        Setting(
            ADDRESS,
            "Address",
            "Where tokens are given: the org's own My Domain, which client credentials need.",
            default=USUAL_ADDRESS,
        ),
        SELLER,
    )
    targets = TARGETS
    streams = (ACCOUNTS, OPPORTUNITIES, LINES)
    stream_titles = {LINES: "opportunities whose products changed"}
    sends = frozenset({FIELDS, TASK})
    sells = True
    batch = BATCH

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds

    def read(self, record: Record, mapped: Mapped) -> Sequence[Wish]:
        try:
            if record.kind == ACCOUNT:
                return account_wishes(record.content, mapped)
            if record.kind == OPPORTUNITY:
                return opportunity_wishes(record.content, mapped)
        except OTHER_FORM as fault:
            raise Unreadable(f"A record of Salesforce's has another form: {fault!r}"[:300]) from fault
        return [Nothing(f"Salesforce's {record.kind[:40]} do not concern us.")]

    def pull(self, access: Access, stream: str, cursor: str) -> Page:
        return changed(Caller(access, self._seconds), access, stream, cursor)

    def send(self, access: Access, messages: Sequence[Message]) -> Sequence[Sent]:
        if not messages:
            return []
        caller = Caller(access, self._seconds)
        if messages[0].kind == TASK:
            return sent_tasks(caller, access, messages)
        return sent_fields(caller, messages)

    def sold(self, access: Access, since: datetime, until: datetime) -> Iterator[Sold]:
        return sold_between(Caller(access, self._seconds), access, since, until)

    def sales_named(self, access: Access, names: Sequence[str]) -> Iterator[Sold]:
        return sales_named(Caller(access, self._seconds), access, names)

    def renew(self, access: Access, now: datetime) -> Renewed | None:
        """Tokens have no end that is told: they are renewed when they are refused."""
        app = {"client_id": access.setting(CLIENT_ID)}
        if access.secrets.get(REFRESH_TOKEN):
            form = {"grant_type": "refresh_token", "refresh_token": access.secret(REFRESH_TOKEN)}
            if access.secrets.get(CLIENT_SECRET):
                app["client_secret"] = access.secret(CLIENT_SECRET)
        else:
            form = {"grant_type": "client_credentials"}
            app["client_secret"] = access.secret(CLIENT_SECRET)
        told = Caller(access, self._seconds).token(app | form)
        token, rotated = told.get("access_token"), told.get("refresh_token")
        if not (isinstance(token, str) and token):
            raise Unreachable("Salesforce answered no token.", 200)
        secrets = {ACCESS_TOKEN: token, INSTANCE: instance_of(told.get("instance_url"), access)}
        if isinstance(rotated, str) and rotated:
            secrets[REFRESH_TOKEN] = rotated
        return Renewed(secrets, None)

    def check(self, access: Access) -> Checked:
        return Checked(checked(Caller(access, self._seconds), access))
