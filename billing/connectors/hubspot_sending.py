"""What is told to HubSpot: figures as properties of companies, tasks for whoever owns the company."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256
from html import escape
from typing import Any

from billing.connectors.hubspot_client import Caller, Found, errors_of, rows_of
from billing.connectors.hubspot_pulling import COMPANIES, NOT_FOUND, TASKS, only
from billing.rules.connecting import Access, Message, Refused, Sent
from billing.rules.deliveries import Answer

OUR_KEY = "tokendesk_key"
LONGEST_KEY = 255
TASK_TO_COMPANY = 192
FINAL = frozenset({"VALIDATION_ERROR", "OBJECT_NOT_FOUND", "INVALID_INPUT"})
"""Categories of errors that would come again."""
UNSAID = "HubSpot did not say what became of it."


def sent_fields(caller: Caller, access: Access, messages: Sequence[Message]) -> list[Sent]:
    """Write figures to companies, all in one call where no company is written to twice. Raises as `Caller.get`."""
    waves: list[dict[str, Message]] = []
    for message in messages:
        wave = next((each for each in waves if message.subject not in each), None)
        if wave is None:
            waves.append(wave := {})
        wave[message.subject] = message
    sent: dict[str, Sent] = {}
    for wave in waves:
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
    keys = {each.key: _key(access, each) for each in messages}
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


def _key(access: Access, message: Message) -> str:
    """Our key as it stands there: of the connection too, for others may write to the same account."""
    key = f"{access.code}:{message.key}"
    return key if len(key) <= LONGEST_KEY else f"{access.code}:{sha256(key.encode()).hexdigest()}"


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
    content = message.content
    try:
        due = date.fromisoformat(str(content["due_on"]))
        title = str(content["title"])
    except (KeyError, ValueError) as fault:
        raise Refused(f"The message is no task: {fault!r}.", 0) from fault
    properties = {
        "hs_task_subject": title,
        "hs_task_body": escape(str(content.get("evidence") or ""), quote=False),
        "hs_task_status": "NOT_STARTED",
        "hs_task_type": "TODO",
        "hs_timestamp": f"{due.isoformat()}T12:00:00.000Z",
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
