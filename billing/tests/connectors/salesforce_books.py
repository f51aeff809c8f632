"""The records that the stand-in of Salesforce keeps: changed, merged, deleted and undeleted as Salesforce does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Tree = dict[str, Any]

ACCOUNT, OPPORTUNITY, LINE = "Account", "Opportunity", "OpportunityLineItem"
PRODUCT, TASK, USER, ORG = "Product2", "Task", "User", "Organization"
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
PREFIXES = {
    ACCOUNT: "001",
    OPPORTUNITY: "006",
    LINE: "00k",
    PRODUCT: "01t",
    TASK: "00T",
    USER: "005",
    ORG: "00D",
}
ALWAYS = {"Id": "id", "IsDeleted": "boolean", "CreatedDate": "datetime", "SystemModstamp": "datetime"}
FIELDS: Mapping[str, Mapping[str, str]] = {
    ACCOUNT: {
        "Name": "string",
        "Type": "picklist",
        "OwnerId": "reference",
        "MasterRecordId": "reference",
        "Tokendesk_Available__c": "double",
        "Tokendesk_Plan__c": "string",
        "Tokendesk_Runs_Out_On__c": "date",
        "Last__c": "string",
    },
    OPPORTUNITY: {
        "Name": "string",
        "AccountId": "reference",
        "StageName": "picklist",
        "CloseDate": "date",
        "IsWon": "boolean",
        "IsClosed": "boolean",
        "Amount": "currency",
    },
    LINE: {
        "OpportunityId": "reference",
        "Product2Id": "reference",
        "Quantity": "double",
        "TotalPrice": "currency",
        "ServiceDate": "date",
    },
    PRODUCT: {"Name": "string", "ProductCode": "string"},
    TASK: {
        "Subject": "string",
        "Description": "textarea",
        "ActivityDate": "date",
        "WhatId": "reference",
        "OwnerId": "reference",
        "Status": "picklist",
        "Tokendesk_Key__c": "string",
    },
    USER: {"Name": "string", "IsActive": "boolean"},
    ORG: {"Name": "string"},
}
PARENTS = {(LINE, "Product2"): ("Product2Id", PRODUCT), (OPPORTUNITY, "Account"): ("AccountId", ACCOUNT)}
CHILDREN = {(OPPORTUNITY, "OpportunityLineItems"): (LINE, "OpportunityId")}
IN_THE_BIN = timedelta(days=15)
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass
class Row:
    """One record. changed: its SystemModstamp. written: (field, value) of each write that changed it, in order."""

    id: str
    table: str
    created: datetime
    changed: datetime
    values: Tree = field(default_factory=dict)
    is_deleted: bool = False
    written: list[tuple[str, Any]] = field(default_factory=list)


class Books:
    """now: by Salesforce's clock. fields: what each object has, by the type of each.

    external_ids: fields that are. locked: identities that another transaction holds.
    """

    def __init__(self) -> None:
        self.now = NOON
        self.tables: dict[str, dict[str, Row]] = {table: {} for table in PREFIXES}
        self.fields = {table: {**ALWAYS, **FIELDS[table]} for table in PREFIXES}
        self.external_ids = {(TASK, "Tokendesk_Key__c")}
        self.locked: set[str] = set()
        self._last = 1000
        self.make(ORG, {"Name": "Ours"})
        self.seller = self.make(USER, {"Name": "Seller", "IsActive": True})

    def begin(self, now: datetime) -> None:
        """Begin at another time, with identities that no other stand-in has."""
        self.now, self._last = now, int(now.timestamp() * 1000)

    def add_field(self, table: str, name: str, kind: str = "string") -> None:
        """What an administrator does there."""
        self.fields[table][name] = kind

    def have_currencies(self) -> None:
        """Let the org have several currencies, for good."""
        for table in (ACCOUNT, OPPORTUNITY, LINE):
            self.add_field(table, "CurrencyIsoCode", "picklist")

    # What people do there.

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)

    def account(self, name: str = "Acme", **values: Any) -> Row:
        return self.make(ACCOUNT, {"Name": name, "OwnerId": self.seller.id, "MasterRecordId": None, **values})

    def opportunity(self, account: Row | None = None, stage: str = "Closed Won", **values: Any) -> Row:
        told = {"Name": "A deal", "StageName": stage, "CloseDate": self.now.date().isoformat(), **values}
        return self.make(OPPORTUNITY, told | {"AccountId": account.id if account else None})

    def line(self, opportunity: Row, code: str = "pack", price: float = 100.0, **values: Any) -> Row:
        product = self.make(PRODUCT, {"Name": code, "ProductCode": code})
        told = {"OpportunityId": opportunity.id, "Product2Id": product.id, "TotalPrice": price, **values}
        line = self.make(LINE, {"Quantity": 1.0, "ServiceDate": None} | told)
        self._sum_up(opportunity)
        return line

    def make(self, table: str, values: Mapping[str, Any]) -> Row:
        self._last += 1
        row = Row(_identity(PREFIXES[table], self._last), table, self.now, self.now)
        self.tables[table][row.id] = row
        self.write(row, values)
        return row

    def write(self, row: Row, values: Mapping[str, Any]) -> None:
        """Write fields; what stays as it was is no change of it, but the record was changed."""
        for name, value in values.items():
            if row.values.get(name) != value:
                row.values[name] = value
                row.written.append((name, value))
        row.changed = self.now
        if row.table == OPPORTUNITY:
            stage = row.values.get("StageName")
            row.values["IsWon"] = stage == "Closed Won"
            row.values["IsClosed"] = stage in ("Closed Won", "Closed Lost")

    def write_line(self, line: Row, values: Mapping[str, Any], *, touches_opportunity: bool = True) -> None:
        """Write a line. Where its price stays, nothing of its opportunity changes."""
        self.write(line, values)
        if touches_opportunity:
            self._sum_up(self.tables[OPPORTUNITY][line.values["OpportunityId"]])

    def delete(self, row: Row) -> None:
        """Into the recycle bin, with what belongs to it."""
        row.is_deleted, row.changed = True, self.now
        for (table, _), (child, key) in CHILDREN.items():
            for each in self.tables[child].values():
                if row.table == table and each.values[key] == row.id and not each.is_deleted:
                    self.delete(each)

    def undelete(self, row: Row) -> None:
        """Out of the recycle bin, with what went there together with it."""
        since, row.is_deleted, row.changed = row.changed, False, self.now
        for (table, _), (child, key) in CHILDREN.items():
            for each in self.tables[child].values():
                if row.table == table and each.values[key] == row.id and each.changed == since:
                    self.undelete(each)

    def merge(self, master: Row, other: Row) -> None:
        """The other is deleted and names its master, and what belonged to it belongs to the master."""
        other.values["MasterRecordId"] = master.id
        self.delete(other)
        master.changed = self.now
        for each in self.tables[OPPORTUNITY].values():
            if each.values["AccountId"] == other.id:
                self.write(each, {"AccountId": master.id})

    def empty_the_bin(self) -> None:
        for rows in self.tables.values():
            for each in [row for row in rows.values() if row.is_deleted]:
                if each.changed <= self.now - IN_THE_BIN:
                    del rows[each.id]

    def _sum_up(self, opportunity: Row) -> None:
        lines = [
            each.values["TotalPrice"]
            for each in self.tables[LINE].values()
            if each.values["OpportunityId"] == opportunity.id and not each.is_deleted
        ]
        self.write(opportunity, {"Amount": sum(lines)})

    # What is found.

    def value(self, row: Row, name: str) -> Any:
        """The value of a field, as it stands in an answer."""
        known = {
            "Id": row.id,
            "IsDeleted": row.is_deleted,
            "CreatedDate": text_of(row.created),
            "SystemModstamp": text_of(row.changed),
        }
        return known[name] if name in known else row.values.get(name)

    def found(self, table: str, name: str, value: str) -> list[Row]:
        """Records that are there by the value of a field; texts are the same in small letters and large."""
        rows = self.tables[table].values()
        return [
            row for row in rows if not row.is_deleted and str(self.value(row, name)).lower() == value.lower()
        ]


def text_of(moment: datetime) -> str:
    """Stamps are whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def _identity(prefix: str, number: int) -> str:
    """Fifteen characters that tell capitals apart, and three by which it is known without them."""
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = _DIGITS[digit] + digits
    short = prefix + digits.rjust(12, "0")
    suffix = ""
    for begin in (0, 5, 10):
        bits = sum(1 << place for place, each in enumerate(short[begin : begin + 5]) if each.isupper())
        suffix += "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bits]
    return short + suffix
