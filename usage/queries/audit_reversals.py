"""What must hold of reversals and of the entries they made."""

from config.kernel.audit import Check, Promise

REVERSALS = (
    Check(
        "reversal_is_all_accounted_for",
        Promise.CONSERVATION,
        "A reversal's tokens were restored, lapsed or taken off overage, and none of these is negative.",
        """SELECT account_id AS account, id AS reversal, tokens, restored, lapsed, overage FROM usage_reversal
           WHERE tokens <> restored + lapsed + overage OR least(restored, lapsed, overage) < 0""",
    ),
    Check(
        "reversal_is_its_entries",
        Promise.CONSERVATION,
        "A reversal's tokens, what of them lapsed again and what came off overage, open or invoiced, are what its entries say.",
        """SELECT r.account_id AS account, r.id AS reversal, r.tokens, e.given_back, r.lapsed, e.lapsed AS entries_lapsed,
                  r.overage, e.overage AS entries_overage
           FROM usage_reversal r
           LEFT JOIN (SELECT account_id, cause_id,
                             coalesce(sum(amount) FILTER (WHERE kind IN ('restore', 'overage_reversal', 'credit')), 0) AS given_back,
                             coalesce(sum(amount) FILTER (WHERE kind IN ('expire', 'void')), 0) AS lapsed,
                             coalesce(sum(amount) FILTER (WHERE kind IN ('overage_reversal', 'credit')), 0) AS overage
                      FROM wallets_entry WHERE cause_kind = 'reversal' GROUP BY 1, 2) e
               ON e.cause_id = r.id AND e.account_id = r.account_id
           WHERE (r.tokens, r.lapsed, r.overage)
                 IS DISTINCT FROM (coalesce(e.given_back, 0), coalesce(e.lapsed, 0), coalesce(e.overage, 0))""",
    ),
    Check(
        "reversal_entry_has_its_reversal",
        Promise.CONSERVATION,
        "What was given back was by a reversal of the same account, recorded at the same instant.",
        """SELECT e.account_id AS account, e.id AS entry, e.kind, e.cause_id AS reversal FROM wallets_entry e
           LEFT JOIN usage_reversal r ON r.id = e.cause_id AND r.account_id = e.account_id AND r.recorded_at = e.recorded_at
           WHERE e.cause_kind = 'reversal' AND r.id IS NULL""",
    ),
    Check(
        "reversal_corrects_its_own_debit",
        Promise.CONSERVATION,
        "A reversal gives back what its debit drew, took as overage, or had repaid or settled.",
        """SELECT e.account_id AS account, e.id AS entry, r.id AS reversal, r.debit_id AS debit, c.cause_id AS corrects
           FROM usage_reversal r
           JOIN wallets_entry e ON e.cause_id = r.id AND e.account_id = r.account_id AND e.corrects_id IS NOT NULL
           JOIN wallets_entry c ON c.id = e.corrects_id AND c.account_id = e.account_id
           LEFT JOIN wallets_overage o ON o.id = c.overage_id AND o.account_id = c.account_id
           WHERE r.debit_id <> CASE WHEN c.kind IN ('repay', 'settle') THEN o.cause_id ELSE c.cause_id END""",
    ),
    Check(
        "reversals_stay_within_their_debit",
        Promise.CONSERVATION,
        "The reversals of a debit together are of no more than its tokens; a debit of which people find nothing is reversed once.",
        """SELECT r.account_id AS account, r.debit_id AS debit, d.tokens, r.tokens AS reversed, r.times
           FROM (SELECT back.account_id, back.debit_id, sum(tokens) AS tokens, bool_or(tokens = 0) AS is_of_nothing,
                        count(*) FILTER (WHERE back.id IS DISTINCT FROM made.courtesy_id) AS times
                 FROM usage_reversal back
                 LEFT JOIN usage_correction made ON made.account_id = back.account_id AND made.replacement_id = back.debit_id GROUP BY 1, 2) r
           LEFT JOIN usage_debit d ON d.id = r.debit_id AND d.account_id = r.account_id
           WHERE (r.tokens <= d.tokens AND (NOT r.is_of_nothing OR (r.tokens = d.tokens AND r.times = 1))) IS NOT TRUE""",
    ),
    Check(
        "reversal_is_its_lines",
        Promise.CONSERVATION,
        "A reversal's tokens are what it took off the lines.",
        """SELECT r.account_id AS account, r.id AS reversal, r.tokens, coalesce(l.tokens, 0) AS lines FROM usage_reversal r
           LEFT JOIN (SELECT account_id, reversal_id, sum(tokens) AS tokens FROM usage_reversalline GROUP BY 1, 2) l
               ON l.reversal_id = r.id AND l.account_id = r.account_id
           WHERE r.tokens <> coalesce(l.tokens, 0)""",
    ),
    Check(
        "reversals_stay_within_each_line",
        Promise.CONSERVATION,
        "The reversals of a debit take no more off a line than it came to.",
        """SELECT taken.account_id AS account, taken.debit_id AS debit, taken.position, l.tokens, taken.tokens AS reversed
           FROM (SELECT r.account_id, r.debit_id, t.position, sum(t.tokens) AS tokens
                 FROM usage_reversalline t JOIN usage_reversal r ON r.id = t.reversal_id AND r.account_id = t.account_id
                 GROUP BY 1, 2, 3) taken
           LEFT JOIN usage_debitline l ON l.debit_id = taken.debit_id AND l.account_id = taken.account_id
               AND l.position = taken.position
           WHERE (taken.tokens <= l.tokens) IS NOT TRUE""",
    ),
    Check(
        "reversal_follows_its_debit",
        Promise.SHAPE,
        "A reversal is recorded after its debit.",
        """SELECT r.account_id AS account, r.id AS reversal, r.recorded_at, d.recorded_at AS debited_at
           FROM usage_reversal r JOIN usage_debit d ON d.id = r.debit_id AND d.account_id = r.account_id
           WHERE r.recorded_at < d.recorded_at""",
    ),
)
