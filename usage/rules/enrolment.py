"""What is asked of an account: what it is called, how it stands, what it pays by, how far it may go below zero."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import UNSET, UnsetType

from config.kernel.errors import FieldError, InvalidRequest
from usage.rules.access import BOUGHT, PORTFOLIO
from usage.rules.policies import BLOCK, PolicyChoice, faults_of

__all__ = ["BLOCK", "Enrolment", "PolicyChoice", "check", "is_time_zone"]

STATES = ("active", "suspended", "closed")


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What to make of an account: UNSET leaves a member as it is, None sets its default.

    rate_table: a code; its default is the default table. segment: a code, instead of a table of the account's own.
    rate_table_from: the instant from which either holds; its default is now.
    parent: a reference. external_ids: by system, replaced whole. policy: None takes the account's own away.
    entitlements: `portfolio`, the default, or `bought`.
    """

    name: str | None | UnsetType = UNSET
    rate_table: str | None | UnsetType = UNSET
    segment: str | None | UnsetType = UNSET
    rate_table_from: datetime | None | UnsetType = UNSET
    external_ids: Mapping[str, str] | None | UnsetType = UNSET
    time_zone: str | None | UnsetType = UNSET
    state: str | None | UnsetType = UNSET
    parent: str | None | UnsetType = UNSET
    policy: PolicyChoice | None | UnsetType = UNSET
    entitlements: str | None | UnsetType = UNSET

    def descriptions(self) -> dict[str, object]:
        """The account's own fields that are set, with their defaults filled in."""
        asked = {
            "name": (self.name, ""),
            "external_ids": (self.external_ids, {}),
            "time_zone": (self.time_zone, "UTC"),
            "state": (self.state, "active"),
        }
        return {
            name: default if value is None else value
            for name, (value, default) in asked.items()
            if value is not UNSET
        }


def check(asked: Enrolment, reference: str) -> None:
    """Refuse what no account can be.

    Raises InvalidRequest that names every field at fault.
    """
    faults = list(_faults(asked, reference))
    if faults:
        raise InvalidRequest(faults[0].detail, errors=faults)


def _faults(asked: Enrolment, reference: str) -> Iterator[FieldError]:
    if not 1 <= len(reference) <= 128:
        yield FieldError("/account", "A reference has 1 to 128 characters.")
    if isinstance(asked.state, str) and asked.state not in STATES:
        yield FieldError("/state", f"An account is one of {', '.join(STATES)}.")
    if isinstance(asked.time_zone, str) and not is_time_zone(asked.time_zone):
        yield FieldError("/time_zone", "Expected a time zone's name by IANA, such as Europe/Berlin.")
    if isinstance(asked.segment, str) and isinstance(asked.rate_table, str):
        yield FieldError(
            "/segment", "An account pays by a table of its own or by its segment's, not by both."
        )
    if isinstance(asked.rate_table_from, datetime) and asked.rate_table is UNSET and asked.segment is UNSET:
        yield FieldError("/rate_table_from", "Say which rate table or segment holds from then on.")
    if isinstance(asked.parent, str) and asked.parent == reference:
        yield FieldError("/parent", "An account cannot be its own parent.")
    if isinstance(asked.entitlements, str) and asked.entitlements not in (PORTFOLIO, BOUGHT):
        yield FieldError("/entitlements", f"An account may use its {PORTFOLIO} or what was {BOUGHT}.")
    if isinstance(asked.policy, PolicyChoice):
        yield from faults_of(asked.policy)


def is_time_zone(name: str) -> bool:
    """Whether IANA knows a time zone by this name."""
    try:
        datetime(2026, 1, 1, tzinfo=UTC).astimezone(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
