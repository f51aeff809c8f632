"""What must hold of wallets, grants, overage and the ledger."""

from config.kernel.audit import (
    Check,
    Promise,
    amounts_are_numbers,
    constraints_stand,
    rights_are_few,
    triggers_stand,
)
from wallets.models import (
    Account,
    Currency,
    Entry,
    ExpiryChange,
    Grant,
    Hold,
    HoldEntry,
    Overage,
    Pin,
    TokenUnit,
    Wallet,
    Zone,
)
from wallets.queries.audit_entries import ENTRIES
from wallets.queries.audit_grants import GRANTS
from wallets.queries.audit_holds import HOLDS

WALLETS = (
    Check(
        "wallet_balance_is_its_entries",
        Promise.CONSERVATION,
        "A wallet's balance is the sum of what its entries moved.",
        """SELECT w.account_id AS account, w.id AS wallet, w.balance, coalesce(m.moved, 0) AS entries
           FROM wallets_wallet w
           LEFT JOIN (SELECT account_id, wallet_id, sum(d_remaining - d_overage) AS moved
                      FROM wallets_movement GROUP BY 1, 2) m ON m.account_id = w.account_id AND m.wallet_id = w.id
           WHERE w.balance <> coalesce(m.moved, 0)""",
    ),
    Check(
        "wallet_balance_is_its_grants",
        Promise.CONSERVATION,
        "A wallet's balance is what its grants have left, less overage.",
        """SELECT w.account_id AS account, w.id AS wallet, w.balance, w.overage, coalesce(g.remaining, 0) AS remaining
           FROM wallets_wallet w
           LEFT JOIN (SELECT account_id, wallet_id, sum(remaining) AS remaining
                      FROM wallets_grant GROUP BY 1, 2) g ON g.account_id = w.account_id AND g.wallet_id = w.id
           WHERE w.balance <> coalesce(g.remaining, 0) - w.overage""",
    ),
    Check(
        "wallet_overage_is_its_entries",
        Promise.CONSERVATION,
        "A wallet's overage is the sum of what its entries moved.",
        """SELECT w.account_id AS account, w.id AS wallet, w.overage, coalesce(m.moved, 0) AS entries
           FROM wallets_wallet w
           LEFT JOIN (SELECT account_id, wallet_id, sum(d_overage) AS moved
                      FROM wallets_movement GROUP BY 1, 2) m ON m.account_id = w.account_id AND m.wallet_id = w.id
           WHERE w.overage <> coalesce(m.moved, 0)""",
    ),
    Check(
        "wallet_overage_is_its_lots",
        Promise.CONSERVATION,
        "A wallet's overage is what its lots still owe.",
        """SELECT w.account_id AS account, w.id AS wallet, w.overage, coalesce(o.owed, 0) AS lots
           FROM wallets_wallet w
           LEFT JOIN (SELECT account_id, wallet_id, sum(tokens - repaid - reversed - settled) AS owed
                      FROM wallets_overage GROUP BY 1, 2) o ON o.account_id = w.account_id AND o.wallet_id = w.id
           WHERE w.overage <> coalesce(o.owed, 0)""",
    ),
    Check(
        "wallet_held_is_its_grants",
        Promise.CONSERVATION,
        "What a wallet holds back is what its grants hold back.",
        """SELECT w.account_id AS account, w.id AS wallet, w.held, coalesce(g.held, 0) AS grants
           FROM wallets_wallet w
           LEFT JOIN (SELECT account_id, wallet_id, sum(held) AS held
                      FROM wallets_grant GROUP BY 1, 2) g ON g.account_id = w.account_id AND g.wallet_id = w.id
           WHERE w.held <> coalesce(g.held, 0)""",
    ),
    Check(
        "wallet_stands_where_its_last_entry_ended",
        Promise.CONSERVATION,
        "The entry of the highest number left the wallet's balance and overage.",
        """SELECT w.account_id AS account, w.id AS wallet, w.balance, e.balance_after, w.overage, e.overage_after
           FROM wallets_wallet w
           JOIN LATERAL (SELECT balance_after, overage_after FROM wallets_entry
                         WHERE account_id = w.account_id AND wallet_id = w.id ORDER BY number DESC, id DESC LIMIT 1) e ON true
           WHERE (w.balance, w.overage) IS DISTINCT FROM (e.balance_after, e.overage_after)""",
    ),
    Check(
        "wallet_counts_its_entries",
        Promise.CONSERVATION,
        "A wallet's entries are numbered from 1 without a gap, and the wallet knows the last number.",
        """SELECT w.account_id AS account, w.id AS wallet, w.last_number, coalesce(e.entries, 0) AS entries,
                  e.lowest, e.highest
           FROM wallets_wallet w
           LEFT JOIN (SELECT account_id, wallet_id, count(*) AS entries, min(number) AS lowest, max(number) AS highest
                      FROM wallets_entry GROUP BY 1, 2) e ON e.account_id = w.account_id AND e.wallet_id = w.id
           WHERE (w.last_number, w.last_number, least(w.last_number, 1))
                 IS DISTINCT FROM (coalesce(e.entries, 0), coalesce(e.highest, 0), coalesce(e.lowest, 0))""",
    ),
    Check(
        "wallet_knows_where_its_overage_began",
        Promise.SHAPE,
        "A wallet that owes knows the entry with which its present overage began.",
        """SELECT w.account_id AS account, w.id AS wallet, w.overage, w.overdrawn_from, e.began
           FROM wallets_wallet w
           LEFT JOIN LATERAL (
               SELECT 1 + coalesce(max(number) FILTER (WHERE overage_after = 0), 0) AS began FROM wallets_entry
               WHERE account_id = w.account_id AND wallet_id = w.id) e ON w.overage > 0
           WHERE w.overdrawn_from <> coalesce(e.began, 0)""",
    ),
    Check(
        "wallet_counts_the_grants_that_started",
        Promise.SHAPE,
        "A wallet counts the grants that have come into force, none of them voided before, and was stocked by the last of them.",
        """SELECT w.account_id AS account, w.id AS wallet, w.starts, coalesce(g.started, 0) AS grants, w.stocked
           FROM wallets_wallet w
           LEFT JOIN (SELECT account_id, wallet_id, count(*) AS started FROM wallets_grant
                      WHERE NOT is_pending AND (voided_at < effective_at) IS NOT TRUE GROUP BY 1, 2) g
               ON g.account_id = w.account_id AND g.wallet_id = w.id
           WHERE w.starts <> coalesce(g.started, 0) OR (w.stocked IS NULL) <> (w.starts = 0)
              OR w.stocked < 0 OR w.purchases > w.starts OR (w.bought IS NULL) <> (w.purchases = 0)""",
    ),
    Check(
        "wallet_owes_within_reason",
        Promise.SHAPE,
        "Overage and held are never negative, the floor is never above zero, and an account has one wallet a unit.",
        """SELECT account_id AS account, id AS wallet, overage, held, overage_held, floor FROM wallets_wallet
           WHERE least(overage, held, overage_held) < 0 OR floor > 0 OR balance < -overage
           UNION ALL
           SELECT account_id, min(id::text)::uuid, sum(overage), sum(held), sum(overage_held), min(floor) FROM wallets_wallet
           GROUP BY account_id, unit_id HAVING count(*) > 1""",
    ),
    Check(
        "account_is_a_part_of_another",
        Promise.SHAPE,
        "An account's parents lead upwards and never back to itself.",
        """WITH RECURSIVE above (id, parent_id, depth) AS (
               SELECT id, parent_id, 1 FROM wallets_account WHERE parent_id IS NOT NULL
               UNION ALL
               SELECT above.id, a.parent_id, depth + 1 FROM above JOIN wallets_account a ON a.id = above.parent_id
               WHERE a.parent_id IS NOT NULL AND above.parent_id <> above.id AND depth < 100)
           SELECT DISTINCT id AS account FROM above WHERE parent_id = id OR depth = 100""",
    ),
)

GUARDED = (
    *("wallets_wallet", "wallets_grant", "wallets_overage", "wallets_entry"),
    *("wallets_hold", "wallets_pin", "wallets_holdentry", "wallets_expirychange"),
)

GUARDS = (
    triggers_stand(
        "wallet_triggers_stand",
        {
            "wallets_overage": ("wallets_overage_only_grows", "wallets_overage_never_empties"),
            **{
                table: (
                    f"{table}_only_grows",
                    f"{table}_never_empties",
                    f"{table}_is_well_formed",
                    f"{table}_adds_up",
                )
                for table in ("wallets_wallet", "wallets_grant")
            },
            "wallets_hold": (
                "wallets_hold_only_grows",
                "wallets_hold_never_empties",
                "wallets_hold_ends_once",
            ),
            "wallets_pin": ("wallets_pin_only_grows", "wallets_pin_never_empties"),
            "wallets_holdentry": ("wallets_holdentry_only_grows", "wallets_holdentry_never_empties"),
            "wallets_expirychange": ("wallets_expirychange_only_grows", "wallets_expirychange_never_empties"),
            "wallets_zone": ("wallets_zone_only_grows", "wallets_zone_never_empties"),
            "wallets_account": ("wallets_account_notes_its_zone", "wallets_account_notes_another_zone"),
            "wallets_entry": (
                "wallets_entry_only_grows",
                "wallets_entry_never_empties",
                "wallets_entry_is_well_formed",
            ),
        },
    ),
    rights_are_few(
        "wallet_rights_are_few", dict.fromkeys(GUARDED, "INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER")
    ),
    constraints_stand(
        "wallet_constraints_stand",
        (
            Account,
            Currency,
            Entry,
            ExpiryChange,
            Grant,
            Hold,
            HoldEntry,
            Overage,
            Pin,
            TokenUnit,
            Wallet,
            Zone,
        ),
        (
            "wallets_grant_wallet_id_same_account",
            "wallets_overage_wallet_id_same_account",
            "wallets_entry_overage_id_same_account",
            "wallets_entry_corrects_id_same_account",
            *("wallets_hold_wallet_id_same_account", "wallets_pin_hold_id_same_account"),
            *("wallets_pin_grant_id_same_account", "wallets_holdentry_hold_id_same_account"),
            "wallets_holdentry_grant_id_same_account",
            "wallets_expirychange_grant_id_same_account",
        ),
    ),
    amounts_are_numbers(
        "wallet_amounts_are_numbers",
        {
            "wallets_wallet": ("balance", "held", "overage", "overage_held", "floor", "stocked", "bought"),
            "wallets_grant": (
                *("tokens", "remaining", "held", "spent", "expired", "voided"),
                *("unit_cost", "exchange_rate", "draw_cost"),
            ),
            "wallets_overage": ("tokens", "repaid", "reversed", "settled"),
            "wallets_entry": ("amount", "balance_before", "balance_after", "overage_after", "floor"),
            "wallets_currency": ("reporting_rate",),
            "wallets_hold": ("tokens", "held", "overage", "overage_held"),
            "wallets_pin": ("tokens", "held", "captured", "released"),
            "wallets_holdentry": ("tokens",),
        },
    ),
)

CHECKS = (*WALLETS, *GRANTS, *HOLDS, *ENTRIES, *GUARDS)
