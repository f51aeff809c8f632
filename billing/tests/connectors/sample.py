"""A sample connector, to a made-up CRM called Birch: deals are fetched and called in, tasks go out.

`docs/how-to/write-a-connector.md` goes through it part by part.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from billing.connectors.contract import Connector
from billing.connectors.exchange import SECONDS, Call, Reply, exchange, settled
from billing.rules.connecting import (
    TASK,
    Access,
    Checked,
    Customer,
    Gone,
    Incoming,
    Message,
    Nothing,
    Page,
    Record,
    Refused,
    Renewed,
    Sale,
    SaleLine,
    Sent,
    Setting,
    Unreachable,
    Unreadable,
    Unverified,
    Wish,
)
from billing.rules.content import content_of
from billing.rules.mapping import Mapped, Target

TOLERANCE = timedelta(minutes=5)


class Birch(Connector):
    kind = "birch"
    title = "Birch CRM"
    settings = (
        Setting("address", "Address of the API", default="https://api.birch.example"),
        Setting("hook_key", "Key that signs calls", is_secret=True),
        Setting("token", "Access token", is_secret=True),
        Setting("refresh_token", "Refresh token", is_secret=True),
    )
    targets = (
        Target("customer", "reference", "Account's reference", "external_ref"),
        Target("customer", "name", "Name", "name"),
        Target("order", "state", "State", "stage == 'won' && 'active' || 'cancelled'"),
        Target("order", "customer", "Customer's id", "company", is_needed=True),
        Target("order", "sku", "SKU", "product", is_needed=True),
        Target("order", "amount", "Amount", "amount"),
        Target("order", "currency", "Currency", "currency"),
    )
    streams = ("companies", "deals")
    sends = frozenset({TASK})

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds

    def verify(self, access: Access, incoming: Incoming) -> Record:
        access.secret("hook_key")
        stamp, told = (incoming.headers.get(f"x-birch-{name}", "") for name in ("time", "signature"))
        signed = stamp.encode() + b"." + incoming.body
        macs = [hmac.new(key.encode(), signed, hashlib.sha256) for key in access.secrets["hook_key"]]
        if not any(hmac.compare_digest(each.hexdigest().encode(), told.encode()) for each in macs):
            raise Unverified("The signature is not Birch's.")
        if not stamp.isdigit() or abs(incoming.at.timestamp() - int(stamp)) > TOLERANCE.total_seconds():
            raise Unverified("The call is too old, or from the future.")
        content = content_of(incoming.body)
        return _record(str(content.get("sort")), content)

    def read(self, record: Record, mapped: Mapped) -> Sequence[Wish]:
        content, thing = record.content, str(record.content.get("id", ""))
        if record.kind == "companies" and content.get("deleted"):
            return [Gone(thing)]
        if record.kind == "companies":
            reference = mapped.text("customer", "reference", content)
            return [Customer(thing, reference, mapped.text("customer", "name", content))]
        if record.kind != "deals":
            return [Nothing(f"Birch's {record.kind[:40]} do not concern us.")]
        line = SaleLine(
            sku=mapped.text("order", "sku", content, is_needed=True),
            amount=mapped.number("order", "amount", content),
            currency=mapped.text("order", "currency", content) or None,
        )
        state = mapped.text("order", "state", content)
        customer = mapped.text("order", "customer", content, is_needed=True)
        return [Sale(thing, _revision(content), [line], customer=customer, state=state)]

    def pull(self, access: Access, stream: str, cursor: str) -> Page:
        told = self._read(access, "GET", f"/{stream}", query={"after": cursor or "0", "limit": "2"})
        try:
            records = [_record(stream, {**each, "sort": stream}) for each in told["items"]]
            return Page(records, str(told["after"]), is_last=not told["more"])
        except (KeyError, TypeError, AttributeError) as fault:
            raise Unreachable("Birch answered no page.") from fault

    def send(self, access: Access, messages: Sequence[Message]) -> Sequence[Sent]:
        return [self._sent(access, each) for each in messages]

    def renew(self, access: Access, now: datetime) -> Renewed | None:
        form = {"refresh_token": access.secret("refresh_token")}
        told = self._read(access, "POST", "/token", form=form, is_known=False)
        try:
            secrets = {"token": told["token"], "refresh_token": told["refresh_token"]}
            return Renewed(secrets, now + timedelta(seconds=told["lasts"]))
        except (KeyError, TypeError) as fault:
            raise Unreachable("Birch answered no token.") from fault

    def check(self, access: Access) -> Checked:
        return Checked(f"We are there: {str(self._read(access, 'GET', '/me'))[:100]}.")

    def _sent(self, access: Access, message: Message) -> Sent:
        task = {"company": message.subject, **message.content}
        reply = self._call(access, "POST", "/tasks", told=task, headers={"idempotency-key": message.key})
        try:
            return Sent(settled(reply).answer(), str(reply.read()["id"]))
        except Refused as refusal:
            return Sent(reply.refusal(str(refusal)))

    def _read(self, access: Access, method: str, path: str, **more: Any) -> Any:
        return settled(self._call(access, method, path, **more)).read()

    def _call(self, access: Access, method: str, path: str, *, is_known: bool = True, **more: Any) -> Reply:
        headers = more.pop("headers", {})
        if is_known:
            headers = headers | {"authorization": f"Bearer {access.secret('token')}"}
        url = access.setting("address") + path
        call = Call(method, url, headers, private_hosts=access.private_hosts, **more)
        return exchange(call, self._seconds)


def _record(sort: str, content: Any) -> Record:
    """A thing of theirs as it was at one time: fetched or called in, it is the same record."""
    return Record(f"{sort}/{content.get('id')}@{content.get('changed')}", sort, content)


def _revision(content: Any) -> int:
    if type(changed := content.get("changed")) is not int:
        raise Unreadable("changed is no stamp.", "changed")
    return changed
