"""Connections to outside systems, from a shell: `connection add|secret|map|state`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from billing.connectors.contract import Connector
from billing.connectors.registry import CONNECTORS
from billing.errors import UnknownConnection
from billing.models import Connection
from billing.rules.mapping import IN, Rule
from billing.services import connection_secrets, connections
from billing.services.connections import ConnectionWish
from config.kernel.errors import DomainError

REASON = "By the command."


class Command(BaseCommand):
    """The shell's door to connections. Refusals end with status 1 and change nothing."""

    help = "Make and change connections to outside systems."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        add = verbs.add_parser("add", help="make a connection; it is paused unless it is said to be on")
        add.add_argument("code")
        add.add_argument("kind", choices=sorted(CONNECTORS))
        add.add_argument("--name", default="", help="for people; the code by default")
        add.add_argument("--on", action="store_true", help="let it work at once")
        add.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting")
        secret = verbs.add_parser("secret", help="make a new secret and print it, once")
        secret.add_argument("code")
        secret.add_argument("secret", help="which one, such as signing_secret")
        rule = verbs.add_parser("map", help="fill fields of ours by expressions over theirs")
        rule.add_argument("code")
        rule.add_argument("rules", nargs="+", metavar="RECORD.FIELD=EXPRESSION", help="JMESPath")
        rule.add_argument("--value", action="append", default=[], metavar="RECORD.FIELD:THEIRS=OURS")
        state = verbs.add_parser("state", help="let a connection work, pause it, or switch it off")
        state.add_argument("code")
        state.add_argument("state", choices=Connection.State.values)

    def handle(self, *, verb: str, **given: Any) -> None:
        try:
            said = getattr(self, f"_{verb}")(given)
        except DomainError as refusal:
            faults = [f"{each.pointer} {each.detail}".strip() for each in refusal.errors]
            raise CommandError("\n".join(faults or [refusal.detail])) from refusal
        self.stdout.write(said)

    def _add(self, given: dict[str, Any]) -> str:
        row = connections.make(
            code=given["code"],
            kind=given["kind"],
            known=CONNECTORS[given["kind"]].settings,
            wish=ConnectionWish(given["name"] or given["code"], _pairs(given["set"])),
            reason=REASON,
        )
        if given["on"]:
            row = connections.set_state(connection_id=row.pk, state=Connection.State.ON, reason=REASON)
        return f"{row.code}: {row.state}"

    def _secret(self, given: dict[str, Any]) -> str:
        row, connector = _found(given["code"])
        if not any(each.name == given["secret"] and each.is_made_here for each in connector.settings):
            raise CommandError(f"No secret {given['secret']} is made here for a {row.kind}.")
        return connection_secrets.rotate(connection_id=row.pk, name=given["secret"], reason=REASON)

    def _map(self, given: dict[str, Any]) -> str:
        row, connector = _found(given["code"])
        named = {f"{each.record}.{each.name}": each for each in connector.targets if each.direction == IN}
        rules, tables = _pairs(given["rules"]), _tables(given["value"])
        if strange := (rules.keys() | tables.keys()) - named.keys():
            raise CommandError(f"There is no field {min(strange)}; there are {', '.join(named)}.")
        with transaction.atomic():
            for field, expression in rules.items():
                rule = Rule(expression, tables.get(field, {}))
                connections.map_field(connection_id=row.pk, target=named[field], rule=rule, reason=REASON)
        return "\n".join(f"{field}: {expression}" for field, expression in rules.items())

    def _state(self, given: dict[str, Any]) -> str:
        row, _ = _found(given["code"])
        connections.set_state(connection_id=row.pk, state=given["state"], reason=REASON)
        return f"{row.code}: {given['state']}"


def _found(code: str) -> tuple[Connection, Connector]:
    row = Connection.objects.filter(code=code).first()
    if row is None or row.kind not in CONNECTORS:
        raise UnknownConnection("There is no such connection.")
    return row, CONNECTORS[row.kind]


def _pairs(said: list[str]) -> dict[str, str]:
    return {name: value for name, _, value in (each.partition("=") for each in said)}


def _tables(said: list[str]) -> dict[str, dict[str, str]]:
    """What values stand for, by field."""
    found: dict[str, dict[str, str]] = {}
    for field, _, pair in (each.partition(":") for each in said):
        found.setdefault(field, {}).update(_pairs([pair]))
    return found
