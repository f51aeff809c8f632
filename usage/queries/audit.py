"""What must hold of debits, reversals, keys, terms and policies."""

from config.kernel.audit import (
    Check,
    Promise,
    amounts_are_numbers,
    constraints_stand,
    rights_are_few,
    triggers_stand,
)
from usage.models import (
    ApiKey,
    Backfill,
    BackfillEvent,
    BeyondPolicy,
    Debit,
    DebitLine,
    DefaultTerms,
    Denial,
    EventIdentity,
    HoldLine,
    HoldRequest,
    HoldStep,
    Override,
    Policy,
    PriceLock,
    PriceNotice,
    Reversal,
    ReversalLine,
    SegmentTerms,
    Terms,
    TermsWithdrawal,
    TierCount,
    WaitingEvent,
)
from usage.queries.audit_claims import CLAIMS
from usage.queries.audit_debits import DEBITS
from usage.queries.audit_events import EVENTS
from usage.queries.audit_formulas import FORMULAS
from usage.queries.audit_holds import HOLDS
from usage.queries.audit_own_prices import OWN_PRICES
from usage.queries.audit_prices import PRICES
from usage.queries.audit_reversals import REVERSALS
from usage.queries.audit_seats import SEATS
from usage.queries.audit_tiers import TIERS

ONLY_GROWS = (
    *("usage_debit", "usage_debitline", "usage_reversal", "usage_reversalline", "usage_claim"),
    *("usage_terms", "usage_defaultterms", "usage_segmentterms", "usage_policy", "usage_denial"),
    *(
        "usage_override",
        "usage_pricelock",
        "usage_pricenotice",
        "usage_seats",
        "usage_checkoutmove",
        "usage_checkoutcharge",
    ),
    *("usage_event", "usage_eventidentity", "usage_beyondpolicy", "usage_backfillevent"),
    "usage_termswithdrawal",
    *("usage_holdrequest", "usage_holdline", "usage_holdstep"),
)
MOVED_BY_SQL = (
    *("usage_debit", "usage_debitline", "usage_reversal", "usage_reversalline"),
    *("usage_denial", "usage_standing", "usage_tiercount", "usage_segmentterms"),
    *("usage_checkout", "usage_checkoutmove", "usage_checkoutcharge"),
    *("usage_event", "usage_eventidentity", "usage_waitingevent", "usage_beyondpolicy"),
    "usage_termswithdrawal",
    "usage_backfillevent",
    *("usage_holdrequest", "usage_holdline", "usage_holdstep"),
)
ADDED_TO = (
    *("usage_claim", "usage_terms", "usage_defaultterms", "usage_policy"),
    *("usage_override", "usage_pricelock", "usage_pricenotice"),
)

POLICY_AT = """
    LEFT JOIN LATERAL (SELECT p.id, CASE p.mode WHEN 'block' THEN 0::numeric ELSE -p.overage_limit END AS floor
                       FROM usage_policy p WHERE p.account_id = {account} AND p.recorded_at <= {moment}
                       ORDER BY p.recorded_at DESC, p.id DESC LIMIT 1) policy ON true
"""

POLICIES = (
    Check(
        "wallet_floor_is_the_policy",
        Promise.WITHIN_POLICY,
        "A wallet may go as far below zero as its account's last policy says, and without one not at all.",
        f"""SELECT w.account_id AS account, w.id AS wallet, w.floor, policy.floor AS policy
            FROM wallets_wallet w {POLICY_AT.format(account="w.account_id", moment="'infinity'")}
            WHERE w.floor IS DISTINCT FROM CASE WHEN policy.id IS NULL THEN 0 ELSE policy.floor END""",
    ),
    Check(
        "debit_was_judged_by_the_policy_in_force",
        Promise.WITHIN_POLICY,
        "What a debit drew and took as overage was judged by the policy recorded last before it; or by none, where it "
        "is marked as beyond policy; a capture by that of its hold, and beyond it only for room that the hold kept.",
        f"""SELECT e.account_id AS account, e.cause_id AS debit, e.floor, policy.floor AS policy
            FROM (SELECT DISTINCT account_id, cause_id, floor, recorded_at FROM wallets_entry
                  WHERE kind IN ('draw', 'late_draw', 'overage')) e
            LEFT JOIN usage_beyondpolicy b ON b.debit_id = e.cause_id AND b.account_id = e.account_id
            LEFT JOIN (usage_holdstep s JOIN usage_holdrequest h ON h.id = s.hold_id AND h.account_id = s.account_id)
                ON s.debit_id = e.cause_id AND s.account_id = e.account_id
            {POLICY_AT.format(account="e.account_id", moment="coalesce(h.recorded_at, e.recorded_at)")}
            WHERE e.floor IS DISTINCT FROM CASE
                WHEN b.id IS NOT NULL THEN NULL WHEN policy.id IS NULL THEN 0 ELSE policy.floor END
              AND NOT coalesce(h.overage > 0 AND e.floor < policy.floor AND e.floor = -(
                  SELECT max(o.overage_after) FROM wallets_entry o WHERE o.account_id = e.account_id AND o.cause_id = e.cause_id), false)""",
    ),
    Check(
        "mark_is_what_policy_would_have_refused",
        Promise.WITHIN_POLICY,
        "Only debits of usage events are marked as beyond policy, with what of their overage lies past the floor and the room that holds kept above it; and all of them are.",
        f"""SELECT d.account_id AS account, d.id AS debit, d.overage, d.overage_after, policy.floor AS policy, b.tokens AS marked
            FROM usage_debit d
            LEFT JOIN usage_beyondpolicy b ON b.debit_id = d.id AND b.account_id = d.account_id
            {POLICY_AT.format(account="d.account_id", moment="d.recorded_at")}
            LEFT JOIN LATERAL (
                SELECT sum(CASE e.kind WHEN 'made' THEN e.tokens ELSE -e.tokens END) AS tokens FROM wallets_holdentry e
                WHERE d.overage > 0 AND e.account_id = d.account_id AND e.wallet_id = d.wallet_id AND e.grant_id IS NULL
                  AND e.recorded_at <= d.recorded_at AND e.id < d.id) AS room ON true
            WHERE (d.key LIKE 'event %' OR b.id IS NOT NULL)
              AND (coalesce(b.tokens, 0) <> least(d.overage, greatest(
                       d.overage_after + coalesce(room.tokens, 0) + CASE WHEN policy.id IS NULL THEN 0 ELSE policy.floor END, 0))
                   OR (b.id IS NOT NULL AND (d.key NOT LIKE 'event %' OR b.recorded_at <> d.recorded_at)))""",
    ),
    Check(
        "denial_counts_its_repeats",
        Promise.SHAPE,
        "A denial happened once or more, first before last, for a reason, and says what was asked and judged.",
        """SELECT account_id AS account, id AS denial, reason, count, first_at, last_at FROM usage_denial
           WHERE count < 1 OR last_at < first_at OR (count = 1 AND last_at <> first_at) OR reason = ''
              OR jsonb_typeof(request) <> 'object' OR jsonb_typeof(figures) <> 'object'""",
    ),
)

GUARDS = (
    triggers_stand(
        "usage_triggers_stand",
        {
            table: (f"{table}_only_grows", f"{table}_never_empties")
            for table in (*ONLY_GROWS, "usage_tiercount")
        },
    ),
    rights_are_few(
        "usage_rights_are_few",
        {
            **dict.fromkeys(MOVED_BY_SQL, "INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER"),
            **dict.fromkeys(ADDED_TO, "UPDATE, DELETE, TRUNCATE, TRIGGER"),
        },
    ),
    constraints_stand(
        "usage_constraints_stand",
        (
            *(ApiKey, Debit, DebitLine, DefaultTerms, Denial, Override, Policy, PriceLock, PriceNotice),
            *(
                Reversal,
                ReversalLine,
                SegmentTerms,
                Terms,
                TierCount,
                Backfill,
                BackfillEvent,
                BeyondPolicy,
                EventIdentity,
                WaitingEvent,
                TermsWithdrawal,
            ),
            *(HoldLine, HoldRequest, HoldStep),
        ),
        (
            "usage_beyondpolicy_debit_id_same_account",
            "usage_reversal_debit_id_same_account",
            "usage_reversalline_reversal_id_same_account",
            "usage_termswithdrawal_terms_id_same_account",
            *("usage_holdrequest_id_same_account", "usage_holdline_hold_id_same_account"),
            *("usage_holdstep_hold_id_same_account", "usage_holdstep_debit_id_same_account"),
        ),
    ),
    amounts_are_numbers(
        "usage_amounts_are_numbers",
        {
            "usage_debit": ("tokens", "overage", "available_after", "held_after", "overage_after"),
            "usage_debitline": (
                "quantity",
                "covered_quantity",
                "tokens",
                "counted",
                "formula_price",
                "formula_per",
                "cost",
            ),
            "usage_tiercount": ("units",),
            "usage_reversal": (
                *("tokens", "restored", "lapsed", "overage"),
                *("available_after", "held_after", "overage_after"),
            ),
            "usage_reversalline": ("tokens",),
            "usage_holdrequest": (
                *("tokens", "overage", "floor"),
                *("available_after", "held_after", "overage_after"),
            ),
            "usage_holdline": (
                *("quantity", "covered_quantity", "tokens", "counted"),
                *("formula_price", "formula_per"),
            ),
            "usage_holdstep": ("tokens", "held", "overage_held", "captured"),
            "usage_policy": ("overage_limit",),
            "usage_beyondpolicy": ("tokens",),
            "usage_event": ("quantity", "cost"),
            "usage_override": ("tokens", "per", "factor"),
        },
    ),
)

CHECKS = (
    *CLAIMS,
    *DEBITS,
    *EVENTS,
    *REVERSALS,
    *HOLDS,
    *PRICES,
    *OWN_PRICES,
    *FORMULAS,
    *TIERS,
    *SEATS,
    *POLICIES,
    *GUARDS,
)
