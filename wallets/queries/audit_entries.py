"""What must hold of ledger entries."""

from config.kernel.audit import Check, Promise


def beside_the_last(column: str) -> str:
    """SQL for the entries, each beside the number and one column of the one before it in its wallet.

    Gaps and repeated numbers are told by checks of their own, so each asks only where there is none. In one pass:
    joined with each other, the entries of a hot wallet would be compared each with every one.
    """
    return f"""SELECT *, lag(number) OVER past AS last_number, lag({column}) OVER past AS left_by_the_last
               FROM wallets_entry WINDOW past AS (PARTITION BY account_id, wallet_id ORDER BY number, id)"""


ENTRIES = (
    Check(
        "entry_begins_where_the_last_ended",
        Promise.CONSERVATION,
        "The balance before an entry is the balance after the one before it, and 0 before the first.",
        f"""SELECT account_id AS account, wallet_id AS wallet, number, balance_before, left_by_the_last
           FROM ({beside_the_last("balance_after")}) AS e
           WHERE last_number = number - 1 AND balance_before <> left_by_the_last
           UNION ALL
           SELECT account_id, wallet_id, number, balance_before, 0 FROM wallets_entry WHERE number = 1 AND balance_before <> 0""",
    ),
    Check(
        "entry_overage_follows_the_last",
        Promise.CONSERVATION,
        "The overage after an entry is that of the one before it and what this one moved.",
        f"""SELECT account_id AS account, wallet_id AS wallet, number, kind, amount, overage_after, left_by_the_last
           FROM ({beside_the_last("overage_after")}) AS e
           WHERE last_number = number - 1 AND overage_after - left_by_the_last <>
               CASE WHEN kind = 'overage' THEN amount WHEN kind IN ('repay', 'overage_reversal', 'settle') THEN -amount ELSE 0 END
           UNION ALL
           SELECT account_id, wallet_id, number, kind, amount, overage_after, 0 FROM wallets_entry
           WHERE number = 1 AND overage_after <> CASE kind WHEN 'overage' THEN amount ELSE 0 END""",
    ),
    Check(
        "entry_balance_follows_from_its_kind",
        Promise.CONSERVATION,
        "An entry changes the balance by its amount, in the direction of its kind.",
        """SELECT account_id AS account, id AS entry, kind, amount, d_balance AS moved FROM wallets_movement
           WHERE d_balance <> d_remaining - d_overage""",
    ),
    Check(
        "entry_moves_something",
        Promise.CONSERVATION,
        "An entry's amount is above zero and the overage after it is not below.",
        """SELECT account_id AS account, id AS entry, kind, amount, overage_after FROM wallets_entry
           WHERE amount <= 0 OR overage_after < 0""",
    ),
    Check(
        "entry_names_what_it_moves",
        Promise.SHAPE,
        "An entry names the grant and the overage lot that its kind moves, a fitting cause, and what it corrects.",
        """SELECT account_id AS account, id AS entry, kind, cause_kind, grant_id, overage_id, corrects_id FROM wallets_entry
           WHERE CASE kind
               WHEN 'grant' THEN cause_kind <> 'grant' OR grant_id IS NULL OR overage_id IS NOT NULL
               WHEN 'transfer_in' THEN cause_kind <> 'transfer' OR grant_id IS NULL OR overage_id IS NOT NULL
               WHEN 'transfer_out' THEN cause_kind <> 'transfer' OR grant_id IS NULL OR overage_id IS NOT NULL
               WHEN 'draw' THEN cause_kind <> 'debit' OR grant_id IS NULL OR overage_id IS NOT NULL
               WHEN 'late_draw' THEN cause_kind <> 'debit' OR grant_id IS NULL OR overage_id IS NOT NULL
               WHEN 'overage' THEN cause_kind <> 'debit' OR grant_id IS NOT NULL OR overage_id IS NULL
               WHEN 'repay' THEN cause_kind <> 'grant' OR grant_id IS NULL OR overage_id IS NULL
               WHEN 'late_hold' THEN cause_kind <> 'hold' OR grant_id IS NULL OR overage_id IS NOT NULL
               WHEN 'expire' THEN cause_kind NOT IN ('expiry', 'reversal', 'hold') OR grant_id IS NULL OR overage_id IS NOT NULL
               WHEN 'void' THEN cause_kind NOT IN ('void', 'take_back', 'reversal', 'hold') OR grant_id IS NULL OR overage_id IS NOT NULL
               WHEN 'restore' THEN cause_kind <> 'reversal' OR grant_id IS NULL
               WHEN 'overage_reversal' THEN cause_kind <> 'reversal' OR grant_id IS NOT NULL OR overage_id IS NULL
               WHEN 'settle' THEN cause_kind <> 'invoice' OR grant_id IS NOT NULL OR overage_id IS NULL
               WHEN 'credit' THEN cause_kind <> 'reversal' OR grant_id IS NOT NULL OR overage_id IS NULL
               ELSE true END
              OR (corrects_id IS NOT NULL) <> (kind IN ('restore', 'overage_reversal', 'credit'))""",
    ),
    Check(
        "entry_moves_within_its_wallet",
        Promise.CONSERVATION,
        "The grant and the lot that an entry moves are of its own wallet and account.",
        """SELECT e.account_id AS account, e.id AS entry, e.wallet_id AS wallet, e.grant_id, e.overage_id
           FROM wallets_entry e
           LEFT JOIN wallets_wallet w ON w.id = e.wallet_id AND w.account_id = e.account_id
           LEFT JOIN wallets_grant g ON g.id = e.grant_id AND g.account_id = e.account_id AND g.wallet_id = e.wallet_id
           LEFT JOIN wallets_overage o ON o.id = e.overage_id AND o.account_id = e.account_id AND o.wallet_id = e.wallet_id
           WHERE w.id IS NULL OR (e.grant_id IS NOT NULL AND g.id IS NULL) OR (e.overage_id IS NOT NULL AND o.id IS NULL)""",
    ),
    Check(
        "entry_is_numbered_once",
        Promise.CONSERVATION,
        "A wallet has one entry of a number.",
        """SELECT account_id AS account, wallet_id AS wallet, number, count(*) AS entries FROM wallets_entry
           GROUP BY 1, 2, 3 HAVING count(*) > 1""",
    ),
    Check(
        "correction_gives_back_no_more",
        Promise.CONSERVATION,
        "Corrections of an entry together give back no more than it took.",
        """SELECT e.account_id AS account, e.id AS entry, e.amount, c.given_back
           FROM (SELECT account_id, corrects_id, sum(amount) AS given_back FROM wallets_entry
                 WHERE corrects_id IS NOT NULL GROUP BY 1, 2) c
           JOIN wallets_entry e ON e.id = c.corrects_id AND e.account_id = c.account_id
           WHERE c.given_back > e.amount""",
    ),
    Check(
        "correction_points_at_what_it_corrects",
        Promise.CONSERVATION,
        "A correction points at an earlier entry of its wallet that took from the same grant or lot.",
        """SELECT c.account_id AS account, c.id AS entry, c.kind, e.id AS corrects, e.kind AS corrected_kind
           FROM wallets_entry c
           LEFT JOIN wallets_entry e ON e.id = c.corrects_id AND e.account_id = c.account_id
           WHERE c.corrects_id IS NOT NULL AND (
               e.wallet_id = c.wallet_id AND e.number < c.number
               AND e.grant_id IS NOT DISTINCT FROM c.grant_id AND e.overage_id IS NOT DISTINCT FROM c.overage_id
               AND CASE c.kind WHEN 'restore' THEN e.kind IN ('draw', 'late_draw', 'repay')
                   WHEN 'credit' THEN e.kind = 'settle' ELSE e.kind = 'overage' END) IS NOT TRUE""",
    ),
    Check(
        "repayment_is_by_what_was_bought",
        Promise.CONSERVATION,
        "Only a purchase or an adjustment that has started repays overage, and only of its own features.",
        """SELECT e.account_id AS account, e.id AS entry, g.id AS grant, g.kind, g.features, o.feature, g.effective_at, e.recorded_at
           FROM wallets_entry e
           JOIN wallets_grant g ON g.id = e.grant_id AND g.account_id = e.account_id
           JOIN wallets_overage o ON o.id = e.overage_id AND o.account_id = e.account_id
           WHERE e.kind = 'repay' AND (g.kind NOT IN ('purchase', 'adjustment') OR g.effective_at > e.recorded_at
               OR NOT wallets_feature_matches_v1(g.features, o.feature))""",
    ),
    Check(
        "overage_never_passes_the_floor",
        Promise.WITHIN_POLICY,
        "No overage was booked beyond the floor it was judged by.",
        """SELECT account_id AS account, id AS entry, amount, overage_after, floor FROM wallets_entry
           WHERE kind = 'overage' AND overage_after > -floor""",
    ),
    Check(
        "entry_keeps_the_order_of_time",
        Promise.SHAPE,
        "Entries of a wallet are recorded in the order of their numbers; a clock that was set back breaks it.",
        f"""SELECT account_id AS account, wallet_id AS wallet, number, recorded_at, left_by_the_last AS recorded_before
           FROM ({beside_the_last("recorded_at")}) AS e
           WHERE last_number = number - 1 AND recorded_at < left_by_the_last""",
        is_note=True,
    ),
)
