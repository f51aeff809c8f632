"""What is told to HubSpot: figures as properties of companies, tasks for whoever owns the company."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from billing.connectors.crm import key_of, task_of, waves
from billing.connectors.hubspot_client import Caller, Found, errors_of, rows_of
from billing.connectors.hubspot_pulling import COMPANIES, NOT_FOUND, TASKS, only
from billing.rules.connecting import Access, Message, Sent
from billing.rules.deliveries import Answer

OUR_KEY = "tokendesk_key"
TASK_TO_COMPANY = 192
FINAL = frozenset({"VALIDATION_ERROR", "OBJECT_NOT_FOUND", "INVALID_INPUT"})
"""Categories of errors that would come again."""
UNSAID = "HubSpot did not say what became of it."


def sent_fields(caller: Caller, access: Access, messages: Sequence[Message]) -> list[Sent]:
    """Write figures to companies, all in one call where no company is written to twice. Raises as `Caller.get`."""
    sent: dict[str, Sent] = {}
    for wave in waves(messages):
        inputs = [
            {"id": name, "objectWriteTraceId": each.key, "properties": _properties(each)}
            for name, each in wave.items()
        ]
        batch = caller.post(f"/crm/v3/objects/{COMPANIES}/batch/update", {"inputs": inputs})
        keys = {name: each.key for name, each in wave.items()}
        sent |= _outcomes(caller, batch, list(keys.values()), keys)
    return [sent[each.key] for each in messages]


def sent_tasks(caller: Caller, access: Access, messages: Sequence[Message]) -> list[Sent]:
    """Make tasks, once a key: HubSpot holds the key in a property whose values are unique.

    What an attempt before made is found by its key. Raises as `Caller.get`.
    """
    keys = {each.key: key_of(access, each) for each in messages}
    sent = _known(caller, keys)
    missing = [each for each in messages if each.key not in sent]
    if missing:
        owners = _owners(caller, {each.subject for each in missing})
        inputs = [_task(each, keys[each.key], owners) for each in missing]
        batch = caller.post(f"/crm/v3/objects/{TASKS}/batch/create", {"inputs": inputs})
        made = _outcomes(caller, batch, [each.key for each in missing], {})
        failed = {key: keys[key] for key, each in made.items() if each.answer.error}
        sent |= made | (_known(caller, failed) if failed else {})
    return [sent[each.key] for each in messages]


def _properties(message: Message) -> Mapping[str, str]:
    """An empty text takes a value away."""
    return {name: "" if value is None else str(value) for name, value in message.content.items()}


def _known(caller: Caller, keys: Mapping[str, str]) -> dict[str, Sent]:
    """The tasks that are there, by the keys of their messages."""
    asked = {
        "idProperty": OUR_KEY,
        "inputs": [{"id": each} for each in keys.values()],
        "properties": [OUR_KEY],
        "propertiesWithHistory": [],
    }
    batch = caller.post(f"/crm/v3/objects/{TASKS}/batch/read", asked)
    only(errors_of(batch), NOT_FOUND)
    found = {row["properties"].get(OUR_KEY): row["id"] for row in rows_of(batch)}
    answer = caller.answered.answer()
    return {name: Sent(answer, found[key]) for name, key in keys.items() if key in found}


def _owners(caller: Caller, companies: set[str]) -> dict[str, str]:
    """Who owns each company, where somebody does."""
    inputs = [{"id": each} for each in sorted(companies)]
    asked = {"inputs": inputs, "properties": ["hubspot_owner_id"], "propertiesWithHistory": []}
    batch = caller.post(f"/crm/v3/objects/{COMPANIES}/batch/read", asked)
    only(errors_of(batch), NOT_FOUND)
    owned = {row["id"]: row["properties"].get("hubspot_owner_id") for row in rows_of(batch)}
    return {name: owner for name, owner in owned.items() if owner}


def _task(message: Message, key: str, owners: Mapping[str, str]) -> Found:
    """Raises Refused where the message is no task."""
    task = task_of(message)
    properties = {
        "hs_task_subject": task.title,
        "hs_task_body": escape(task.evidence, quote=False),
        "hs_task_status": "NOT_STARTED",
        "hs_task_type": "TODO",
        "hs_timestamp": f"{task.due_on.isoformat()}T12:00:00.000Z",
        OUR_KEY: key,
    }
    if owner := owners.get(message.subject):
        properties["hubspot_owner_id"] = owner
    kind = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": TASK_TO_COMPANY}
    return {
        "objectWriteTraceId": message.key,
        "properties": properties,
        "associations": [{"to": {"id": message.subject}, "types": [kind]}],
    }


def _outcomes(caller: Caller, batch: Found, keys: Sequence[str], named: Mapping[str, str]) -> dict[str, Sent]:
    """How each message of a batch went, by its key. named: keys by identities that were written to."""
    reply = caller.answered
    rows, errors = rows_of(batch), errors_of(batch)
    sent = {}
    for row in rows:
        key = row.get("objectWriteTraceId") or named.get(row["id"]) or ""
        sent[str(key)] = Sent(reply.answer(), row["id"])
    for error in errors:
        for key in _meant(error, named):
            sent[key] = Sent(_failure(caller, error))
    return {key: sent.get(key) or Sent(reply.answer(UNSAID)) for key in keys}


def _meant(error: Mapping[str, Any], named: Mapping[str, str]) -> list[str]:
    """The keys of the messages that an error is about."""
    context = error.get("context")
    context = context if isinstance(context, dict) else {}
    traces, ids = context.get("objectWriteTraceId") or [], context.get("ids") or []
    if not isinstance(traces, list) or not isinstance(ids, list):
        return []
    return [str(each) for each in traces] or [named[str(each)] for each in ids if str(each) in named]


def _failure(caller: Caller, error: Mapping[str, Any]) -> Answer:
    category = str(error.get("category"))
    why = f"HubSpot: {str(error.get('message'))[:500]} ({category[:80]})"
    return caller.answered.refusal(why) if category in FINAL else caller.answered.answer(why)
