"""Connections to outside systems, from a shell: `connection add|secret|map|state|erase`."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from billing.connectors.contract import Connector
from billing.connectors.registry import CONNECTORS
from billing.errors import UnknownConnection
from billing.models import Connection, ReceivedBody
from billing.queries.connection_records import named_record
from billing.rules.mapping import IN, Rule
from billing.services import connection_secrets, connection_starts, connections, erasing
from billing.services.connections import ConnectionWish
from billing.services.erasing import Erasure
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
        add.add_argument("--bodies-days", type=int, help="how long what was told and sent is kept")
        add.add_argument("--runs-days", type=int, help="how long runs are kept")
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
        erase = verbs.add_parser("erase", help="erase what was told, because it names a person")
        erase.add_argument("code")
        which = erase.add_mutually_exclusive_group(required=True)
        which.add_argument("--record", metavar="ID", help="one record, by its identity here or there")
        which.add_argument("--customer", metavar="ID", help="all records that name this customer of theirs")
        erase.add_argument("--by", required=True, help="whose doing it is, by user name")
        erase.add_argument("--reason", required=True, help="kept in its place")
        erase.add_argument("--dry-run", action="store_true", help="print which, and erase nothing")

    def handle(self, *, verb: str, **given: Any) -> None:
        try:
            said = getattr(self, f"_{verb}")(given)
        except DomainError as refusal:
            faults = [f"{each.pointer} {each.detail}".strip() for each in refusal.errors]
            raise CommandError("\n".join(faults or [refusal.detail])) from refusal
        self.stdout.write(said)

    def _add(self, given: dict[str, Any]) -> str:
        wish = ConnectionWish(
            given["name"] or given["code"], _pairs(given["set"]), given["bodies_days"], given["runs_days"]
        )
        known = CONNECTORS[given["kind"]].settings
        with transaction.atomic():
            begun = connection_starts.begin(
                code=given["code"], kind=given["kind"], known=known, wish=wish, secrets={}, reason=REASON
            )
            row = begun.connection
            if given["on"]:
                row = connections.set_state(connection_id=row.pk, state=Connection.State.ON, reason=REASON)
        made = [f"{name}={text}" for name, text in begun.shown.items()]
        return "\n".join(made) or f"{row.code}: {row.state}"

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

    def _erase(self, given: dict[str, Any]) -> str:
        row, connector = _found(given["code"])
        if not User.objects.filter(username=given["by"], is_active=True).exists():
            raise CommandError(f"There is no user {given['by']}.")
        erasure = Erasure(given["by"], given["reason"])
        if given["customer"] is not None:
            names = erasing.erase_customer(
                row=row,
                connector=connector,
                customer=given["customer"],
                erasure=erasure,
                is_dry=given["dry_run"],
            )
        else:
            received = named_record(row.pk, given["record"])
            if received is None:
                raise CommandError(f"There is no record {given['record']} at {row.code}.")
            has_body = ReceivedBody.objects.filter(pk=received.pk).exists()
            if not given["dry_run"]:
                has_body = erasing.erase(connection_id=row.pk, received_id=received.pk, erasure=erasure)
            names = [received.external_id] if has_body else []
        verb = "would be erased" if given["dry_run"] else "erased"
        return "\n".join([*names, f"{len(names)} {verb}"])


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
