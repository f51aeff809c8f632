from usage.models.access import Access
from usage.models.allowance import Allowance, AllowanceUse, AllowanceWindow
from usage.models.api_key import ApiKey
from usage.models.backfill import Backfill, BackfillEvent
from usage.models.beyond_policy import BeyondPolicy
from usage.models.books_closed import BooksClosed
from usage.models.bucket import Bucket
from usage.models.budget import Budget, BudgetCount, BudgetLimit, BudgetUse
from usage.models.claim import Claim
from usage.models.crossing import Crossing
from usage.models.debit import Debit, DebitLine
from usage.models.denial import Denial
from usage.models.event import Event, EventIdentity
from usage.models.grace import Grace
from usage.models.hold import HoldLine, HoldRequest, HoldStep
from usage.models.hold_room import HoldBudget, HoldCover
from usage.models.judgement import Judgement
from usage.models.key_sighting import KeySighting
from usage.models.override import Override
from usage.models.policy import Policy, PolicyStep
from usage.models.price_lock import PriceLock
from usage.models.price_notice import PriceNotice
from usage.models.rehearsal import Rehearsal, RehearsalLine, RehearsalState
from usage.models.rerating import Correction, Rerating, ReratingLeft, ReratingLine, ReratingState
from usage.models.reversal import Reversal, ReversalLine
from usage.models.rollup import (
    RefusalNote,
    RollUps,
    Series,
    UsageDay,
    UsageFigures,
    UsageMix,
    UsageSlot,
    UsageTotal,
)
from usage.models.seats import Checkout, CheckoutCharge, CheckoutMove, Seats
from usage.models.segment import Segment, SegmentTerms
from usage.models.shared_policy import SharedPolicy, SharedPolicyStep
from usage.models.terms import DefaultTerms, Standing, Terms, TermsWithdrawal
from usage.models.tier_count import TierCount
from usage.models.unlock import Unlock
from usage.models.usage_link import UsageLink
from usage.models.waiting_event import WaitingEvent

__all__ = [
    "Access",
    "Allowance",
    "AllowanceUse",
    "AllowanceWindow",
    "ApiKey",
    "BooksClosed",
    "Bucket",
    "Budget",
    "BudgetCount",
    "BudgetLimit",
    "BudgetUse",
    "Checkout",
    "CheckoutCharge",
    "CheckoutMove",
    "Backfill",
    "BackfillEvent",
    "BeyondPolicy",
    "Claim",
    "Correction",
    "Crossing",
    "Debit",
    "DebitLine",
    "DefaultTerms",
    "Denial",
    "KeySighting",
    "Event",
    "EventIdentity",
    "Grace",
    "HoldBudget",
    "HoldCover",
    "HoldLine",
    "HoldRequest",
    "HoldStep",
    "Judgement",
    "Override",
    "Policy",
    "PolicyStep",
    "PriceLock",
    "PriceNotice",
    "RefusalNote",
    "Rehearsal",
    "RehearsalLine",
    "RehearsalState",
    "Rerating",
    "ReratingLeft",
    "ReratingLine",
    "ReratingState",
    "Reversal",
    "ReversalLine",
    "RollUps",
    "Seats",
    "Segment",
    "SegmentTerms",
    "Series",
    "SharedPolicy",
    "SharedPolicyStep",
    "Standing",
    "Terms",
    "TermsWithdrawal",
    "TierCount",
    "WaitingEvent",
    "Unlock",
    "UsageDay",
    "UsageFigures",
    "UsageLink",
    "UsageMix",
    "UsageSlot",
    "UsageTotal",
]
