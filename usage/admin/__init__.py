from usage.admin.api_keys import ApiKeyDesk
from usage.admin.backfills import BackfillDesk
from usage.admin.debits import DebitDesk
from usage.admin.denials import DenialDesk
from usage.admin.events import BeyondPolicyDesk, EventDesk, WaitingEventDesk
from usage.admin.holds import HoldDesk
from usage.admin.reratings import ReratingDesk
from usage.admin.reversals import ReversalDesk
from usage.admin.segments import SegmentDesk
from usage.admin.unlocks import UnlockDesk

__all__ = [
    "ApiKeyDesk",
    "BackfillDesk",
    "BeyondPolicyDesk",
    "DebitDesk",
    "DenialDesk",
    "EventDesk",
    "HoldDesk",
    "ReratingDesk",
    "ReversalDesk",
    "SegmentDesk",
    "UnlockDesk",
    "WaitingEventDesk",
]
