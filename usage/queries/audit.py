"""What must hold of debits, reversals, keys, terms and policies."""

from config.kernel.audit import (
    amounts_are_numbers,
    constraints_stand,
    rights_are_few,
    triggers_stand,
)
from usage.models import (
    Access,
    Allowance,
    AllowanceUse,
    AllowanceWindow,
    ApiKey,
    Backfill,
    BackfillEvent,
    BeyondPolicy,
    Bucket,
    Budget,
    BudgetCount,
    BudgetLimit,
    BudgetUse,
    Correction,
    Crossing,
    Debit,
    DebitLine,
    DefaultTerms,
    Denial,
    EventIdentity,
    Grace,
    HoldBudget,
    HoldCover,
    HoldLine,
    HoldRequest,
    HoldStep,
    Override,
    Policy,
    PolicyStep,
    PriceLock,
    PriceNotice,
    Rerating,
    Reversal,
    ReversalLine,
    RollUps,
    SegmentTerms,
    SharedPolicy,
    SharedPolicyStep,
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
from usage.queries.audit_ladders import LADDERS
from usage.queries.audit_limits import LIMITS
from usage.queries.audit_own_prices import OWN_PRICES
from usage.queries.audit_policies import POLICIES
from usage.queries.audit_prices import PRICES
from usage.queries.audit_reratings import RERATINGS
from usage.queries.audit_reversals import REVERSALS
from usage.queries.audit_rollups import ROLLUPS
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
    "usage_correction",
    *("usage_termswithdrawal", "usage_policystep"),
    *("usage_sharedpolicy", "usage_sharedpolicystep", "usage_judgement", "usage_crossing"),
    *("usage_holdrequest", "usage_holdline", "usage_holdstep"),
    *(
        "usage_budget",
        "usage_budgetlimit",
        "usage_budgetuse",
        "usage_allowance",
        "usage_allowanceuse",
        "usage_access",
    ),
)
MOVED_ON = (
    *(
        "usage_tiercount",
        "usage_bucket",
        "usage_grace",
        "usage_checkout",
        "usage_budgetcount",
        "usage_allowancewindow",
    ),
    *("usage_holdbudget", "usage_holdcover"),
)
MOVED_BY_SQL = (
    *("usage_debit", "usage_debitline", "usage_reversal", "usage_reversalline"),
    *("usage_denial", "usage_standing", "usage_segmentterms", "usage_budgetuse", "usage_allowanceuse"),
    *("usage_checkoutmove", "usage_checkoutcharge"),
    *("usage_event", "usage_eventidentity", "usage_waitingevent", "usage_beyondpolicy"),
    *("usage_termswithdrawal", "usage_backfillevent", "usage_correction"),
    *("usage_sharedpolicy", "usage_sharedpolicystep", "usage_judgement", "usage_crossing"),
    *("usage_holdrequest", "usage_holdline", "usage_holdstep", *MOVED_ON),
    *("usage_usageslot", "usage_usageday", "usage_usagetotal", "usage_usagemix"),
    *("usage_rollups", "usage_refusalnote"),
)
ADDED_TO = (
    *("usage_claim", "usage_terms", "usage_defaultterms", "usage_policy", "usage_policystep"),
    *("usage_override", "usage_pricelock", "usage_pricenotice"),
    *("usage_budget", "usage_budgetlimit", "usage_allowance", "usage_access"),
)

GUARDS = (
    triggers_stand(
        "usage_triggers_stand",
        {table: (f"{table}_only_grows", f"{table}_never_empties") for table in (*ONLY_GROWS, *MOVED_ON)}
        | {
            "usage_rerating": ("usage_rerating_stays",),
            "usage_denial": (
                *("usage_denial_only_grows", "usage_denial_never_empties"),
                "usage_denial_is_noted",
            ),
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
            *(Bucket, Crossing, Grace, PolicyStep, SharedPolicy, SharedPolicyStep),
            *(Access, Allowance, AllowanceUse, AllowanceWindow, Budget, BudgetCount, BudgetLimit, BudgetUse),
            *(HoldBudget, HoldCover),
            *(Correction, Rerating),
            RollUps,
        ),
        (
            "usage_beyondpolicy_debit_id_same_account",
            "usage_reversal_debit_id_same_account",
            "usage_reversalline_reversal_id_same_account",
            "usage_termswithdrawal_terms_id_same_account",
            *("usage_holdbudget_hold_id_same_account", "usage_holdcover_hold_id_same_account"),
            *("usage_holdrequest_id_same_account", "usage_holdline_hold_id_same_account"),
            *("usage_holdstep_hold_id_same_account", "usage_holdstep_debit_id_same_account"),
            "usage_policystep_policy_id_same_account",
            *("usage_correction_debit_id_same_account", "usage_correction_replacement_id_same_account"),
            *("usage_correction_root_id_same_account", "usage_correction_reversal_id_same_account"),
            "usage_correction_courtesy_id_same_account",
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
            "usage_policystep": ("amount", "price"),
            "usage_sharedpolicy": ("overage_limit",),
            "usage_sharedpolicystep": ("amount", "price"),
            "usage_bucket": ("per_minute", "level"),
            "usage_grace": ("reached",),
            "usage_judgement": ("floor",),
            "usage_override": ("tokens", "per", "factor"),
        },
    ),
)

CHECKS = (
    *CLAIMS,
    *DEBITS,
    *EVENTS,
    *REVERSALS,
    *RERATINGS,
    *ROLLUPS,
    *HOLDS,
    *PRICES,
    *OWN_PRICES,
    *FORMULAS,
    *TIERS,
    *SEATS,
    *POLICIES,
    *LADDERS,
    *LIMITS,
    *GUARDS,
)
