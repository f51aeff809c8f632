"""Connections to outside systems: made, changed, paused, their fields mapped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from billing.models import Connection, ConnectionHealth, FieldRule, FigureLook, Link
from billing.models.connection import LONGEST_KEPT_DAYS
from billing.rules.connecting import Setting
from billing.rules.mapping import IN, OUT, Mapped, Rule, Target, fault_of, mapped_by
from billing.rules.targets import target_of, why_closed
from billing.services import connection_health, connection_secrets
from billing.services.connection_lock import locked
from config.kernel.errors import Conflict, FieldError, InvalidRequest
from config.kernel.signing import signed
from usage.queries.moments import database_clock

ADDRESS = "address"
"""A setting of this name is a URL; it leads to a public host, or to one that the operator named."""


@dataclass(frozen=True, slots=True)
class ConnectionWish:
    """What a connection is to be. settings: those that are no secrets, by name.

    bodies_days, runs_days: how long what was told and sent, and runs, are kept; None: as it is, at first 90 days.
    """

    name: str
    settings: Mapping[str, str]
    bodies_days: int | None = None
    runs_days: int | None = None


@transaction.atomic
def make(
    *,
    code: str,
    kind: str,
    known: Sequence[Setting],
    wish: ConnectionWish,
    user: User | None = None,
    reason: str = "",
) -> Connection:
    """Make a connection of a kind whose settings are `known`. It is paused until a person lets it begin.

    Secrets that are made here are made at once; `connection_secrets.rotate` makes new ones and shows them.

    Raises InvalidRequest, Conflict where the code is taken.
    """
    row = Connection(code=code, kind=kind, state=Connection.State.PAUSED, created_at=database_clock())
    _write(row, known, wish)
    _check_fields(row)
    try:
        with transaction.atomic():
            signed(row, user, reason).save()
    except IntegrityError as error:
        detail = f"There is a connection {code} already."
        raise Conflict(detail, errors=[FieldError("/code", detail)]) from error
    ConnectionHealth.objects.create(connection=row)
    for each in known:
        if each.is_made_here:
            connection_secrets.put(row, each.name, connection_secrets.made(), row.created_at)
    return row


@transaction.atomic
def change(
    *,
    connection_id: int,
    known: Sequence[Setting],
    wish: ConnectionWish,
    user: User | None = None,
    reason: str = "",
) -> Connection:
    """Give a connection another name or other settings, from now. What waited for them is due at once.

    Raises InvalidRequest, UnknownConnection.
    """
    row = locked(connection_id)
    _write(row, known, wish)
    _check_fields(row)
    signed(row, user, reason).save()
    connection_health.mended(row.pk)
    return row


@transaction.atomic
def set_state(*, connection_id: int, state: str, user: User | None = None, reason: str = "") -> Connection:
    """Let a connection work, pause it, or switch it off. One that is let work again is tried at once.

    Raises InvalidRequest, UnknownConnection.
    """
    if state not in Connection.State.values:
        raise InvalidRequest.at("/state", f"A connection is one of {', '.join(Connection.State.values)}.")
    row = locked(connection_id)
    if row.state != state:
        row.state = state
        signed(row, user, reason).save()
        connection_health.mended(row.pk)
        if row.state == Connection.State.ON:
            look_again(row)
    return row


@transaction.atomic
def map_field(
    *, connection_id: int, target: Target, rule: Rule | None, user: User | None = None, reason: str = ""
) -> None:
    """Let a field be filled by another rule, from now; None: by the connector's own again.

    Raises InvalidRequest, UnknownConnection.
    """
    row = locked(connection_id)
    keep_rule(row, target, rule, user, reason)
    connection_health.mended(row.pk)
    if target.direction == OUT:
        look_again(row)


def keep_rule(row: Connection, target: Target, rule: Rule | None, user: User | None, reason: str) -> None:
    """Keep the rule of a field, in the caller's transaction, under the connection's lock.

    Who keeps rules calls `connection_health.mended` after the last, and `look_again` where one is of a field of
    theirs. Raises InvalidRequest.
    """
    where = {"connection": row, "direction": target.direction, "record": target.record, "name": target.name}
    found = FieldRule.objects.filter(**where).first()
    if rule is None:
        if found is not None:
            signed(found, user, reason).delete()
        return
    if target.direction == IN and (fault := fault_of(rule.expression)):
        raise InvalidRequest.at(f"/{target.record}.{target.name}", fault)
    found = found or FieldRule(**where)
    found.expression, found.values = rule.expression, dict(rule.values)
    signed(found, user, reason).save()


def rules_of(connection_id: int, targets: Sequence[Target], direction: str = IN) -> Mapped:
    """How the fields of a connection are filled: ours from theirs, or theirs from ours."""
    rows = FieldRule.objects.filter(connection=connection_id, direction=direction)
    edited = {(row.direction, row.record, row.name): Rule(row.expression, row.values) for row in rows}
    return mapped_by(targets, edited, direction)


def look_again(row: Connection) -> None:
    """Let the figures of all its customers be told anew: it can be told now, or other fields are written.

    In the caller's transaction, once: it writes a row a customer.
    """
    linked = Link.objects.filter(connection=row, state=Link.State.LINKED, about__isnull=False)
    now = database_clock()
    FigureLook.objects.bulk_create(
        [
            FigureLook(account_id=pk, due_at=now)
            for pk in linked.order_by("about").values_list("about", flat=True)
        ],
        update_conflicts=True,
        unique_fields=["account"],
        update_fields=["due_at"],
    )


def _write(row: Connection, known: Sequence[Setting], wish: ConnectionWish) -> None:
    """Raises InvalidRequest that names every setting at fault."""
    plain = {each.name: each for each in known if not each.is_secret}
    said = {name: text.strip() for name, text in wish.settings.items() if text.strip()}
    faults = [FieldError(f"/{name}", "There is no such setting.") for name in said if name not in plain]
    for name, each in plain.items():
        if each.is_needed and not (said.get(name) or each.default):
            faults.append(FieldError(f"/{name}", f"{each.label} is needed."))
    if not wish.name.strip():
        faults.append(FieldError("/name", "A connection has a name."))
    for name in ("bodies_days", "runs_days"):
        days = getattr(wish, name)
        if days is not None and not 1 <= days <= LONGEST_KEPT_DAYS:
            faults.append(FieldError(f"/{name}", f"It is kept for 1 to {LONGEST_KEPT_DAYS:,} days."))
    if ADDRESS in said and (why := _address_fault(said[ADDRESS])):
        faults.append(FieldError(f"/{ADDRESS}", why))
    if faults:
        raise InvalidRequest(faults[0].detail, errors=faults)
    row.name, row.settings = wish.name.strip(), said
    row.bodies_days = row.bodies_days if wish.bodies_days is None else wish.bodies_days
    row.runs_days = row.runs_days if wish.runs_days is None else wish.runs_days


def _check_fields(row: Connection) -> None:
    """Raises InvalidRequest that names every field at fault."""
    try:
        row.clean_fields(exclude=["settings"])
    except ValidationError as fault:
        faults = [FieldError(f"/{name}", said) for name, told in fault.message_dict.items() for said in told]
        raise InvalidRequest(faults[0].detail, errors=faults) from fault


def _address_fault(url: str) -> str:
    """Why nothing may be sent to this URL; a name is looked up when it is called."""
    try:
        target = target_of(url)
    except ValueError as fault:
        return str(fault)
    address = target.address
    if address is not None and not target.is_among(settings.WEBHOOK_PRIVATE_HOSTS) and why_closed(address):
        return f"{target.host} is no public address ({why_closed(address)})."
    return ""
