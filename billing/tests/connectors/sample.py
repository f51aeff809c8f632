"""A sample connector, to a made-up CRM called Birch; `docs/how-to/write-a-connector.md` goes through it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
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
    Renewed,
    Sale,
    SaleLine,
    Sent,
    Setting,
    Sold,
    Wish,
)
from billing.rules.connection_faults import Refused, Unreachable, Unreadable, Unverified
from billing.rules.content import content_of
from billing.rules.mapping import Mapped, Target


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
    streams, sends, sells = ("companies", "deals"), frozenset({TASK}), True

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds

    def verify(self, access: Access, incoming: Incoming) -> Record:
        access.secret("hook_key")
        stamp, told = (incoming.headers.get(f"x-birch-{name}", "") for name in ("time", "signature"))
        signed = stamp.encode() + b"." + incoming.body
        macs = [hmac.new(key.encode(), signed, hashlib.sha256) for key in access.secrets["hook_key"]]
        if not any(hmac.compare_digest(each.hexdigest().encode(), told.encode()) for each in macs):
            raise Unverified("The signature is not Birch's.")
        if not stamp.isdigit() or abs(incoming.at.timestamp() - int(stamp)) > 300:
            raise Unverified("The call is too old, or from the future.")
        return self.record_in(incoming.body)

    def record_in(self, body: bytes) -> Record:
        return _record(content_of(body))

    def read(self, record: Record, mapped: Mapped) -> Sequence[Wish]:
        content, thing = record.content, str(record.content.get("id", ""))
        if record.kind == "companies":
            reference, name = (mapped.text("customer", each, content) for each in ("reference", "name"))
            return [Gone(thing) if content.get("deleted") else Customer(thing, reference, name)]
        if record.kind != "deals":
            return [Nothing(f"Birch's {record.kind[:40]} do not concern us.")]
        line = SaleLine(
            sku=mapped.text("order", "sku", content, is_needed=True),
            amount=mapped.number("order", "amount", content),
            currency=mapped.text("order", "currency", content) or None,
        )
        state = mapped.text("order", "state", content)
        customer = mapped.text("order", "customer", content, is_needed=True)
        if type(version := content.get("changed")) is not int:
            raise Unreadable("changed is no stamp.", "changed")
        return [Sale(thing, version, [line], customer=customer, state=state)]

    def pull(self, access: Access, stream: str, cursor: str) -> Page:
        return self._page(access, stream, {"after": cursor or "0"})

    def sold(self, access: Access, since: datetime, until: datetime) -> Iterator[Sold]:
        return self._sold(access, {"since": since.isoformat(), "until": until.isoformat()})

    def sales_named(self, access: Access, names: Sequence[str]) -> Iterator[Sold]:
        return self._sold(access, {"ids": ",".join(names)})

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

    def _page(self, access: Access, stream: str, asked: Mapping[str, str]) -> Page:
        told = self._read(access, "GET", f"/{stream}", query={**asked, "limit": "2"})
        try:
            records = [_record({**each, "sort": stream}) for each in told["items"]]
            return Page(records, str(told["after"]), is_last=not told["more"])
        except (KeyError, TypeError, AttributeError) as fault:
            raise Unreachable("Birch answered no page.") from fault

    def _sold(self, access: Access, asked: Mapping[str, str]) -> Iterator[Sold]:
        page = Page([], "0", is_last=False)
        while not page.is_last:
            page = self._page(access, "deals", {**asked, "after": page.cursor})
            yield from (Sold(str(each.content.get("id")), each) for each in page.records)

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


def _record(content: Any) -> Record:
    sort, name, changed = (content.get(each) for each in ("sort", "id", "changed"))
    return Record(f"{sort}/{name}@{changed}", str(sort), content)
