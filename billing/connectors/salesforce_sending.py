"""What is told to Salesforce: figures as fields of accounts, tasks for whoever owns the account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from billing.connectors.crm import key_of, task_of, waves
from billing.connectors.salesforce_client import MISSING, Caller, Found
from billing.rules.connecting import Access, Message, NotSetUp, Refused, Sent, Unreachable

OUR_KEY = "Tokendesk_Key__c"
BATCH = 200
"""How many records a call writes, at most."""
LONGEST_SUBJECT = 255
MOST_PARTS = 40
"""In how many calls a batch is written at most, where some of it can't be parsed."""
UNPARSED = "JSON_PARSER_ERROR"
INACTIVE_OWNER = "INACTIVE_OWNER_OR_USER"
FINAL = frozenset(
    {
        "ENTITY_IS_DELETED",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "FIELD_FILTER_VALIDATION_EXCEPTION",
        "FIELD_INTEGRITY_EXCEPTION",
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "INSUFFICIENT_ACCESS_OR_READONLY",
        "INVALID_CROSS_REFERENCE_KEY",
        "INVALID_ID_FIELD",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "INVALID_TYPE_ON_FIELD_IN_RECORD",
        "MALFORMED_ID",
        "NOT_FOUND",
        "NUMBER_OUTSIDE_VALID_RANGE",
        "REQUIRED_FIELD_MISSING",
        "STRING_TOO_LONG",
        UNPARSED,
    }
)
"""Codes of what would be refused again. Everything else is tried again: a lock above all."""
NOT_TRIED = "Others of its call could not be parsed; it was not tried."


def sent_fields(caller: Caller, messages: Sequence[Message]) -> list[Sent]:
    """Write figures to accounts, all in one call where no account is written to twice. Raises as `Caller.get`."""
    sent: dict[str, Sent] = {}
    for wave in waves(messages):
        records = [
            {"attributes": {"type": "Account"}, "Id": name, **each.content} for name, each in wave.items()
        ]
        outcomes = _Writing(caller, "/composite/sobjects").written(records)
        sent |= dict(zip((each.key for each in wave.values()), outcomes, strict=True))
    return [sent[each.key] for each in messages]


def sent_tasks(caller: Caller, access: Access, messages: Sequence[Message]) -> list[Sent]:
    """Make tasks, once a key: what has the key already is written to. Raises as `Caller.get`.

    One whose owner works there no more is the user's by whom it is made.
    """
    owners = _owners(caller, sorted({each.subject for each in messages}))
    records = [_task(access, each, owners.get(each.subject, "")) for each in messages]
    sent = _Writing(caller, f"/composite/sobjects/Task/{OUR_KEY}").written(records)
    idle = [place for place, each in enumerate(sent) if f"({INACTIVE_OWNER})" in each.answer.error]
    if idle:
        without = [
            {name: value for name, value in records[place].items() if name != "OwnerId"} for place in idle
        ]
        again = _Writing(caller, f"/composite/sobjects/Task/{OUR_KEY}").written(without)
        for place, each in zip(idle, again, strict=True):
            sent[place] = each
    return sent


class _Writing:
    """Writes records by one call, and by more where a record among them can't be parsed."""

    def __init__(self, caller: Caller, path: str) -> None:
        self._caller, self._path, self._left = caller, path, MOST_PARTS

    def written(self, records: Sequence[Found]) -> list[Sent]:
        """How each record went. Raises as `Caller.get`.

        Salesforce refuses a whole call for one value that is not of its field's type: the halves are tried then.
        """
        if not self._left:
            return [Sent(self._caller.answered.answer(NOT_TRIED)) for _ in records]
        self._left -= 1
        try:
            told = {"allOrNone": False, "records": records}
            outcomes = self._caller.listed("PATCH", self._path, told)
        except Refused as refusal:
            if f"({UNPARSED})" not in str(refusal):
                raise
            if len(records) == 1:
                return [Sent(self._caller.answered.refusal(str(refusal)))]
            half = len(records) // 2
            return self.written(records[:half]) + self.written(records[half:])
        if len(outcomes) != len(records):
            raise Unreachable(f"{len(records)} records have {len(outcomes)} answers.", 200)
        return [self._outcome(each) for each in outcomes]

    def _outcome(self, told: object) -> Sent:
        """Raises NotSetUp where a field is missing there."""
        if not isinstance(told, dict):
            raise Unreachable("It answered something that is no outcome.", 200)
        answered = self._caller.answered
        if told.get("success") is True:
            return Sent(answered.answer(), str(told.get("id") or ""))
        faults = list(_faults(told))
        for code, said in faults:
            if code in MISSING:
                raise NotSetUp(f"Something is missing at Salesforce: {said}")
        why = "; ".join(said for _, said in faults) or "Salesforce did not say why."
        is_final = any(code in FINAL for code, _ in faults)
        return Sent(answered.refusal(why) if is_final else answered.answer(why))


def _faults(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    errors = told.get("errors")
    for each in errors if isinstance(errors, list) else ():
        if isinstance(each, dict):
            code = str(each.get("statusCode") or each.get("errorCode"))[:80]
            yield code, f"Salesforce: {str(each.get('message'))[:400]} ({code})"


def _owners(caller: Caller, accounts: Sequence[str]) -> dict[str, str]:
    """Who owns each account, of those that are there."""
    if not accounts:
        return {}
    asked = {"ids": accounts, "fields": ["Id", "OwnerId"]}
    rows = caller.listed("POST", "/composite/sobjects/Account", asked)
    found = [row for row in rows if isinstance(row, dict)]
    return {str(row.get("Id")): str(row.get("OwnerId") or "") for row in found}


def _task(access: Access, message: Message, owner: str) -> Found:
    """What is due at an account. Its status is theirs: it may be done when we are told that it was made.

    Raises Refused where the message is no task.
    """
    task = task_of(message)
    record = {
        "attributes": {"type": "Task"},
        OUR_KEY: key_of(access, message),
        "Subject": task.title[:LONGEST_SUBJECT],
        "Description": task.evidence,
        "ActivityDate": task.due_on.isoformat(),
        "WhatId": message.subject,
    }
    return record | ({"OwnerId": owner} if owner else {})
