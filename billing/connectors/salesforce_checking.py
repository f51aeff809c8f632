"""Whether an org of Salesforce's is set up as a connection needs it, by its own descriptions of its objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from billing.connectors.crm import first_day
from billing.connectors.salesforce_client import Caller, rows_of
from billing.connectors.salesforce_pulling import (
    ACCOUNTS,
    CURRENCY,
    ISO_CODE,
    LINES,
    OPPORTUNITIES,
    SINCE,
    currency,
    more_fields,
)
from billing.connectors.salesforce_sending import OUR_KEY
from billing.rules.connecting import Access, NotSetUp, Refused

TABLES = {ACCOUNTS: "Account", OPPORTUNITIES: "Opportunity", LINES: "OpportunityLineItem"}
TASK = "Task"
OURS = {ACCOUNTS: "Tokendesk_Account__c", OPPORTUNITIES: "Tokendesk_Trial__c"}
"""Fields that the usual mapping reads, where somebody made them."""

Fields = Mapping[str, Mapping[str, Any]]


def checked(caller: Caller, access: Access) -> str:
    """Which org answers. Raises NotSetUp with what is missing there, and as `Caller.get`."""
    first_day(access, SINCE)
    found = {table: _described(caller, table) for table in (*TABLES.values(), TASK)}
    if lacking := [table for table, fields in found.items() if not fields]:
        raise NotSetUp(f"The user may not read {', '.join(lacking)}.")
    for sort, table in TABLES.items():
        _check_fields(access, sort, table, found[table])
    _check_currency(access, found["Opportunity"])
    _check_key(found[TASK])
    row = next(iter(rows_of(caller.query("SELECT Id,Name FROM Organization LIMIT 1"))), {})
    return f"Connected to the Salesforce org {str(row.get('Name'))[:80]} ({str(row.get('Id'))[:18]})."


def _described(caller: Caller, table: str) -> Fields:
    """The fields of an object that the user may see, by name; none where the user may not see the object."""
    try:
        told = caller.get(f"/sobjects/{table}/describe").get("fields")
    except Refused as refusal:
        if refusal.status != 404:
            raise
        return {}
    fields: Sequence[Any] = told if isinstance(told, list) else []
    return {str(each.get("name")): each for each in fields if isinstance(each, dict)}


def _check_fields(access: Access, sort: str, table: str, fields: Fields) -> None:
    """What is asked for has to be there, and what the usual mapping reads has to be asked for."""
    named = more_fields(access, sort)
    if missing := [name for name in named if "." not in name and name not in fields]:
        raise NotSetUp(f"{table} has no field {', '.join(missing)}, or the user may not see it.")
    ours = OURS.get(sort, "")
    if ours in fields and ours not in named:
        raise NotSetUp(f"{table} has the field {ours}: name it in {sort}_fields, or it is not read.")


def _check_currency(access: Access, fields: Fields) -> None:
    if ISO_CODE in fields and currency(access):
        raise NotSetUp(f"The org has several currencies: leave {CURRENCY} empty.")
    if ISO_CODE not in fields and not currency(access):
        raise NotSetUp(f"The org has one currency: say in {CURRENCY} which.")


def _check_key(fields: Fields) -> None:
    """Tasks are made once by a field of ours that Salesforce knows as an external id."""
    key = fields.get(OUR_KEY)
    if key is None:
        raise NotSetUp(f"Tasks have no field {OUR_KEY}, or the user may not see it.")
    if key.get("externalId") is not True:
        raise NotSetUp(f"The field {OUR_KEY} of tasks is no external id.")
    if key.get("createable") is not True:
        raise NotSetUp(f"The user may not write the field {OUR_KEY} of tasks.")
