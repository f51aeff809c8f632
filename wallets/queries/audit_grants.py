"""What must hold of grants and of overage lots."""

from config.kernel.audit import Check, Promise

LIFE_THEN = """l.account_id = e.account_id AND l.grant_id = e.grant_id
                AND e.number > l.after_number AND (l.until_number IS NULL OR e.number <= l.until_number)"""
"""Joins an entry `e` to the expiry `l` that held when it was written."""

GRANTS = (
    Check(
        "grant_buckets_are_their_movements",
        Promise.CONSERVATION,
        "Each bucket of a grant is the sum of what the ledger moved in and out of it.",
        """SELECT g.account_id AS account, g.id AS grant, bucket.name AS bucket, bucket.has, bucket.moved
           FROM wallets_grant g
           LEFT JOIN (SELECT account_id, grant_id, sum(d_tokens) AS tokens, sum(d_remaining) AS remaining,
                             sum(d_spent) AS spent, sum(d_expired) AS expired, sum(d_voided) AS voided
                      FROM wallets_movement WHERE grant_id IS NOT NULL GROUP BY 1, 2) m
               ON m.account_id = g.account_id AND m.grant_id = g.id
           CROSS JOIN LATERAL (VALUES
               ('tokens', g.tokens, m.tokens), ('remaining', g.remaining, m.remaining), ('spent', g.spent, m.spent),
               ('expired', g.expired, m.expired), ('voided', g.voided, m.voided)) AS bucket (name, has, moved)
           WHERE bucket.has <> coalesce(bucket.moved, 0)""",
    ),
    Check(
        "grant_tokens_are_all_accounted_for",
        Promise.CONSERVATION,
        "A grant's tokens are what remains, was spent, expired and was voided.",
        """SELECT account_id AS account, id AS grant, tokens, remaining, spent, expired, voided FROM wallets_grant
           WHERE tokens <> remaining + spent + expired + voided""",
    ),
    Check(
        "grant_buckets_are_never_negative",
        Promise.CONSERVATION,
        "No bucket of a grant is below zero, and no more is held than remains.",
        """SELECT account_id AS account, id AS grant, remaining, held, spent, expired, voided FROM wallets_grant
           WHERE least(tokens, held, spent, expired, voided, remaining - held) < 0""",
    ),
    Check(
        "grant_buckets_were_never_negative",
        Promise.CONSERVATION,
        "At no past instant did a grant have less than nothing left, spent or expired.",
        """SELECT account_id AS account, grant_id AS grant, number, remaining, spent, expired
           FROM (SELECT account_id, grant_id, number, sum(d_remaining) OVER past AS remaining,
                        sum(d_spent) OVER past AS spent, sum(d_expired) OVER past AS expired
                 FROM wallets_movement
                 WHERE grant_id IN (SELECT grant_id FROM wallets_entry WHERE kind IN ('late_draw', 'late_hold', 'restore'))    -- the others only fall
                 WINDOW past AS (PARTITION BY account_id, grant_id ORDER BY number ROWS UNBOUNDED PRECEDING)) AS ran
           WHERE least(remaining, spent, expired) < 0""",
    ),
    Check(
        "grant_begins_with_its_entry",
        Promise.CONSERVATION,
        "A grant was handed out by one entry, its first, at the moment of its making.",
        """SELECT g.account_id AS account, g.id AS grant, g.created_at, e.times, e.recorded_at
           FROM wallets_grant g
           LEFT JOIN (SELECT account_id, grant_id, count(*) FILTER (WHERE is_making) AS times,
                             min(recorded_at) FILTER (WHERE is_making) AS recorded_at,
                             min(number) FILTER (WHERE is_making) AS made, min(number) AS first,
                             bool_and(cause_id = grant_id) FILTER (WHERE kind = 'grant') AS is_own
                      FROM (SELECT *, kind IN ('grant', 'transfer_in') AS is_making FROM wallets_entry) AS entry
                      WHERE grant_id IS NOT NULL GROUP BY 1, 2) e ON e.account_id = g.account_id AND e.grant_id = g.id
           WHERE (e.times = 1 AND e.recorded_at = g.created_at AND e.made = e.first AND coalesce(e.is_own, true)) IS NOT TRUE""",
    ),
    Check(
        "grant_is_open_while_something_remains",
        Promise.SHAPE,
        "A grant is marked open exactly while something remains.",
        """SELECT account_id AS account, id AS grant, is_open, remaining FROM wallets_grant
           WHERE is_open <> (remaining > 0)""",
    ),
    Check(
        "grant_waits_for_its_start",
        Promise.SHAPE,
        "A grant whose start is ahead is marked pending, and one that is pending has repaid nothing.",
        """SELECT g.account_id AS account, g.id AS grant, g.is_pending, g.effective_at FROM wallets_grant g
           WHERE NOT g.is_pending AND g.effective_at > now() AND g.effective_at > greatest(
                     g.created_at,
                     (SELECT max(recorded_at) FROM wallets_entry e WHERE e.account_id = g.account_id AND e.wallet_id = g.wallet_id))
              OR g.is_pending AND (g.effective_at <= g.created_at OR EXISTS (
                     SELECT FROM wallets_entry e WHERE e.grant_id = g.id AND e.account_id = g.account_id AND e.kind = 'repay'))""",
    ),
    Check(
        "grant_voided_keeps_nothing",
        Promise.CONSERVATION,
        "A voided grant has nothing left but what is held; of one that is not voided, tokens were only taken back in part.",
        """SELECT g.account_id AS account, g.id AS grant, g.voided_at, g.remaining, g.held, g.voided, e.taken
           FROM wallets_grant g
           LEFT JOIN (SELECT account_id, grant_id, sum(amount) AS taken FROM wallets_entry
                      WHERE kind = 'void' AND cause_kind = 'take_back' GROUP BY 1, 2) e
               ON e.account_id = g.account_id AND e.grant_id = g.id
           WHERE CASE WHEN g.voided_at IS NULL THEN g.voided <> coalesce(e.taken, 0) ELSE g.remaining > g.held END""",
    ),
    Check(
        "grant_lapses_by_its_expiry",
        Promise.CONSERVATION,
        "Tokens expired at or after the grant's expiry, and only what had expired was drawn or pinned late.",
        f"""SELECT e.account_id AS account, e.id AS entry, e.kind, e.recorded_at, l.grant_id AS grant, l.expires_at
            FROM wallets_entry e JOIN wallets_life l ON {LIFE_THEN}
            WHERE e.kind IN ('expire', 'late_draw', 'late_hold') AND (l.expires_at IS NULL OR e.recorded_at < l.expires_at)""",
    ),
    Check(
        "grant_expiry_is_its_last_change",
        Promise.CONSERVATION,
        "A grant expires when its last change of expiry says; each change begins where the one before ended, in its life.",
        """SELECT account_id AS account, grant_id AS grant, id AS change, expires_before, expires_after, recorded_at
           FROM (SELECT c.*, g.created_at, g.expires_at, g.wallet_id AS grant_wallet,
                        lag(c.expires_after) OVER past AS ended, lag(c.recorded_at) OVER past AS ended_at,
                        lead(c.id) OVER past AS next
                 FROM wallets_expirychange c JOIN wallets_grant g ON g.id = c.grant_id AND g.account_id = c.account_id
                 WINDOW past AS (PARTITION BY c.account_id, c.grant_id ORDER BY c.id)) AS ran
           WHERE (next IS NULL AND expires_after IS DISTINCT FROM expires_at)
              OR (ended_at IS NOT NULL AND (ended IS DISTINCT FROM expires_before OR recorded_at < ended_at))
              OR recorded_at < created_at OR expires_before <= recorded_at
              OR expires_after <= recorded_at + interval '5 minutes' OR wallet_id <> grant_wallet""",
    ),
    Check(
        "grant_terms_are_in_form",
        Promise.SHAPE,
        "A grant has a known kind, a priority of 0 to 100, a life of some length, and draws by what was paid for it.",
        """SELECT account_id AS account, id AS grant, kind, priority, effective_at, expires_at, draw_cost FROM wallets_grant
           WHERE kind NOT IN ('purchase', 'trial', 'promo', 'included', 'adjustment') OR priority NOT BETWEEN 0 AND 100
              OR expires_at <= effective_at OR draw_cost IS DISTINCT FROM coalesce(unit_cost * exchange_rate, 0)
              OR unit_cost < 0 OR exchange_rate <= 0""",
    ),
    Check(
        "grant_external_id_is_used_once",
        Promise.AT_MOST_ONCE,
        "An external id stands for one grant of its account.",
        """SELECT account_id AS account, external_id, count(*) AS grants FROM wallets_grant
           WHERE external_id IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1""",
    ),
    Check(
        "transfer_moves_tokens_with_their_terms",
        Promise.CONSERVATION,
        "What a transfer takes from grants of one account it gives to another with kind, life and cost.",
        f"""WITH moved AS (
               SELECT e.kind AS direction, e.cause_id, e.amount, w.unit_id, g.kind, g.effective_at, l.expires_at,
                      g.priority, g.features, g.unit_cost, g.currency, g.exchange_rate
               FROM wallets_entry e
               JOIN wallets_grant g ON g.id = e.grant_id AND g.account_id = e.account_id
               JOIN wallets_life l ON {LIFE_THEN}
               JOIN wallets_wallet w ON w.id = e.wallet_id AND w.account_id = e.account_id
               WHERE e.kind IN ('transfer_in', 'transfer_out')),
           balanced AS (
               SELECT cause_id, amount, unit_id, kind, effective_at, expires_at, priority, features, unit_cost, currency, exchange_rate,
                      count(*) FILTER (WHERE direction = 'transfer_out') AS taken,
                      count(*) FILTER (WHERE direction = 'transfer_in') AS given
               FROM moved GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
           SELECT cause_id AS transfer, amount, kind, taken, given FROM balanced WHERE taken <> given
           UNION ALL
           SELECT cause_id, sum(amount), NULL, count(DISTINCT account_id), NULL FROM wallets_entry
           WHERE kind IN ('transfer_in', 'transfer_out') GROUP BY 1 HAVING count(DISTINCT account_id) <> 2""",
    ),
    Check(
        "overage_lots_are_their_movements",
        Promise.CONSERVATION,
        "An overage lot is what its entries booked, repaid, reversed and settled.",
        """SELECT o.account_id AS account, o.id AS lot, o.tokens, m.booked, o.repaid, m.repaid AS entries_repaid,
                  o.reversed, m.reversed AS entries_reversed, o.settled, m.settled AS entries_settled
           FROM wallets_overage o
           LEFT JOIN (SELECT account_id, overage_id, coalesce(sum(amount) FILTER (WHERE kind = 'overage'), 0) AS booked,
                             coalesce(sum(CASE kind WHEN 'repay' THEN amount WHEN 'restore' THEN -amount END), 0) AS repaid,
                             coalesce(sum(amount) FILTER (WHERE kind IN ('overage_reversal', 'restore', 'credit')), 0) AS reversed,
                             coalesce(sum(CASE kind WHEN 'settle' THEN amount WHEN 'credit' THEN -amount END), 0) AS settled
                      FROM wallets_entry WHERE overage_id IS NOT NULL GROUP BY 1, 2) m
               ON m.account_id = o.account_id AND m.overage_id = o.id
           WHERE (o.tokens, o.repaid, o.reversed, o.settled) IS DISTINCT FROM (m.booked, m.repaid, m.reversed, m.settled)""",
    ),
    Check(
        "overage_lot_is_open_until_settled",
        Promise.SHAPE,
        "A lot is open exactly while it owes, and is never settled twice.",
        """SELECT account_id AS account, id AS lot, is_open, tokens, repaid, reversed, settled FROM wallets_overage
           WHERE is_open <> (tokens > repaid + reversed + settled) OR tokens < repaid + reversed + settled
              OR least(repaid, reversed, settled) < 0""",
    ),
)
