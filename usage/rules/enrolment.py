"""What is asked of an account: what it is called, how it stands, what it pays by, how far it may go below zero."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import UNSET, UnsetType

from config.kernel.errors import FieldError, InvalidRequest

STATES = ("active", "suspended", "closed")
MODES = ("block", "overage")


@dataclass(frozen=True, slots=True)
class PolicyChoice:
    """mode: block, or overage up to `limit` tokens. limit: None is without limit; a block has none."""

    mode: str
    limit: Decimal | None = None

    @property
    def overage_limit(self) -> Decimal | None:
        """How much overage is allowed; None is any amount."""
        return Decimal(0) if self.mode == "block" else self.limit

    @property
    def floor(self) -> Decimal | None:
        """The lowest that overage may take a wallet; None is without limit."""
        return None if self.overage_limit is None else -self.overage_limit


BLOCK = PolicyChoice("block")


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What to make of an account: UNSET leaves a member as it is, None sets its default.

    rate_table: a code; its default is the default table. segment: a code, instead of a table of the account's own.
    rate_table_from: the instant from which either holds; its default is now.
    parent: a reference. external_ids: by system, replaced whole.
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
    if isinstance(asked.policy, PolicyChoice):
        limit = asked.policy.limit
        if asked.policy.mode not in MODES:
            yield FieldError("/policy/mode", f"A policy is one of {', '.join(MODES)}.")
        if limit is not None and (asked.policy.mode == "block" or not limit >= 0):
            yield FieldError("/policy/limit", "Only overage has a limit, of zero or more.")


def is_time_zone(name: str) -> bool:
    """Whether IANA knows a time zone by this name."""
    try:
        datetime(2026, 1, 1, tzinfo=UTC).astimezone(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
