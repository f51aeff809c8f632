"""A connector whose outside system lies in memory: for the pages of connections, and for trying them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from billing.connectors.contract import Connector
from billing.rules.connecting import (
    FIELDS,
    TASK,
    Access,
    Checked,
    ConnectionFault,
    Customer,
    Incoming,
    Incomplete,
    Nothing,
    Page,
    Record,
    Sale,
    SaleLine,
    Setting,
    Unverified,
    Wish,
)
from billing.rules.content import content_of
from billing.rules.mapping import OUT, Mapped, Target


@dataclass
class Outside:
    """What the outside system knows, and how it fails. pages: of each stream, in their order."""

    pages: dict[str, list[list[Record]]] = field(default_factory=dict)
    fault: ConnectionFault | None = None

    def answer(self) -> None:
        """Raises what it is set to fail with."""
        if self.fault is not None:
            raise self.fault


class Sample(Connector):
    """Companies and deals of a small CRM."""

    kind = "sample"
    title = "Sample CRM"
    settings = (
        Setting("address", "Address", "Where its API is.", default="https://crm.example.com/api"),
        Setting("pipeline", "Pipeline", "Whose won deals become orders.", is_needed=False),
        Setting("api_key", "API key", "From its settings, under Private apps.", is_secret=True),
        Setting("signing", "Signing secret", "It signs what it tells.", is_secret=True, is_made_here=True),
    )
    targets = (
        Target("customer", "reference", "Our reference", "properties.account_ref", is_needed=True),
        Target("customer", "name", "Name", "properties.name"),
        Target("order", "account", "Account", "properties.account_ref", is_needed=True),
        Target("order", "sku", "Plan or pack", "properties.product", help="By its code in the catalogue."),
        Target("order", "quantity", "Quantity", "properties.seats"),
        Target("account", "balance", "Tokens left", "td_balance", OUT),
        Target("account", "runs_out_at", "Runs out", "td_runs_out", OUT),
    )
    streams = ("companies", "deals")
    stream_titles: ClassVar[dict[str, str]] = {"deals": "won deals"}
    sends = frozenset({FIELDS, TASK})
    outside: ClassVar[Outside] = Outside()

    def verify(self, access: Access, incoming: Incoming) -> Record:
        raise Unverified("It is only a sample.")

    def record_in(self, body: bytes) -> Record:
        content = content_of(body)
        return Record("pasted", str(content.get("type")), content)

    def complete(self, access: Access, record: Record) -> Record:
        """An event names a company; what it is called is asked for."""
        if record.kind != "event":
            return record
        self.outside.answer()
        found = {"id": record.content["id"], "properties": {"account_ref": "acme", "name": "Acme, asked for"}}
        return replace(record, kind="company", content=found)

    def read(self, record: Record, mapped: Mapped) -> Sequence[Wish]:
        content = record.content
        if record.kind == "event":
            raise Incomplete("The event was not completed.")
        if record.kind == "company":
            reference = mapped.text("customer", "reference", content, is_needed=True)
            name = mapped.text("customer", "name", content)
            return [Customer(str(content["id"]), reference, name)]
        if record.kind == "deal":
            account = mapped.text("order", "account", content, is_needed=True)
            quantity = mapped.number("order", "quantity", content)
            line = SaleLine(mapped.text("order", "sku", content), quantity=quantity or SaleLine("").quantity)
            return [Sale(str(content["id"]), 1, [line], account=account)]
        return [Nothing(f"A {record.kind} is nothing here.")]

    def pull(self, access: Access, stream: str, cursor: str) -> Page:
        self.outside.answer()
        pages = self.outside.pages.get(stream) or [[]]
        place = int(cursor or 0)
        is_last = place + 1 >= len(pages)
        return Page(pages[place], str(place if is_last else place + 1), is_last)

    def check(self, access: Access) -> Checked:
        self.outside.answer()
        access.secret("api_key")
        return Checked(f"We are the app Tokendesk at {access.setting('address')}.")
