"""What must hold of holds: what they keep of which grants, and the room for overage that they keep."""

from config.kernel.audit import Check, Promise

HOLDS = (
    Check(
        "wallet_held_is_its_holds",
        Promise.CONSERVATION,
        "What a wallet keeps back, of grants and of room for overage, is what its holds keep.",
        """SELECT w.account_id AS account, w.id AS wallet, w.held, coalesce(h.held, 0) AS holds, w.overage_held,
                  coalesce(h.overage_held, 0) AS holds_overage
           FROM wallets_wallet w
           LEFT JOIN (SELECT account_id, wallet_id, sum(held) AS held, sum(overage_held) AS overage_held
                      FROM wallets_hold GROUP BY 1, 2) h ON h.account_id = w.account_id AND h.wallet_id = w.id
           WHERE (w.held, w.overage_held) <> (coalesce(h.held, 0), coalesce(h.overage_held, 0))""",
    ),
    Check(
        "grant_held_is_its_pins",
        Promise.CONSERVATION,
        "What a grant keeps back is what holds pin of it.",
        """SELECT g.account_id AS account, g.id AS grant, g.held, coalesce(p.held, 0) AS pins
           FROM wallets_grant g
           LEFT JOIN (SELECT account_id, grant_id, sum(held) AS held FROM wallets_pin GROUP BY 1, 2) p
               ON p.account_id = g.account_id AND p.grant_id = g.id
           WHERE g.held <> coalesce(p.held, 0)""",
    ),
    Check(
        "hold_is_its_pins",
        Promise.CONSERVATION,
        "A hold's tokens, and what of them it still keeps, are those of its pins, of grants of its own wallet.",
        """SELECT h.account_id AS account, h.id AS hold, h.tokens, p.tokens AS pinned, h.held, p.held AS pins_held, p.strange
           FROM wallets_hold h
           LEFT JOIN (SELECT pin.account_id, pin.hold_id, sum(pin.tokens) AS tokens, sum(pin.held) AS held,
                             count(*) FILTER (WHERE g.id IS NULL) AS strange
                      FROM wallets_pin pin
                      LEFT JOIN wallets_hold own ON own.id = pin.hold_id AND own.account_id = pin.account_id
                      LEFT JOIN wallets_grant g ON g.id = pin.grant_id AND g.account_id = pin.account_id AND g.wallet_id = own.wallet_id
                      GROUP BY 1, 2) p ON p.account_id = h.account_id AND p.hold_id = h.id
           WHERE (h.tokens, h.held) <> (coalesce(p.tokens, 0), coalesce(p.held, 0)) OR p.strange > 0""",
    ),
    Check(
        "pin_is_all_accounted_for",
        Promise.CONSERVATION,
        "What a hold pinned of a grant was captured, released, or is still held, as its entries tell.",
        """SELECT p.account_id AS account, p.hold_id AS hold, p.grant_id AS grant, p.tokens, p.held, p.captured, p.released,
                  e.made, e.captured AS entries_captured, e.released AS entries_released
           FROM wallets_pin p
           FULL JOIN (SELECT account_id, hold_id, grant_id,
                             coalesce(sum(tokens) FILTER (WHERE kind = 'made'), 0) AS made,
                             coalesce(sum(tokens) FILTER (WHERE kind = 'captured'), 0) AS captured,
                             coalesce(sum(tokens) FILTER (WHERE kind IN ('released', 'expired')), 0) AS released
                      FROM wallets_holdentry WHERE grant_id IS NOT NULL GROUP BY 1, 2, 3) e
               ON e.account_id = p.account_id AND e.hold_id = p.hold_id AND e.grant_id = p.grant_id
           WHERE (p.tokens, p.captured, p.released) IS DISTINCT FROM (e.made, e.captured, e.released)
              OR p.tokens <> p.held + p.captured + p.released OR least(p.held, p.captured, p.released) < 0""",
    ),
    Check(
        "hold_overage_is_its_entries",
        Promise.CONSERVATION,
        "The room for overage that a hold keeps is what it was made with, less what its entries used and gave back.",
        """SELECT h.account_id AS account, h.id AS hold, h.overage, h.overage_held, e.made, e.used
           FROM wallets_hold h
           LEFT JOIN (SELECT account_id, hold_id, sum(tokens) FILTER (WHERE kind = 'made') AS made,
                             coalesce(sum(tokens) FILTER (WHERE kind IN ('captured', 'released', 'expired')), 0) AS used
                      FROM wallets_holdentry WHERE grant_id IS NULL GROUP BY 1, 2) e ON e.account_id = h.account_id AND e.hold_id = h.id
           WHERE (h.overage, h.overage_held) IS DISTINCT FROM (e.made, e.made - e.used)""",
    ),
    Check(
        "hold_captures_by_draws",
        Promise.CONSERVATION,
        "What was captured of a pin was drawn from its grant by the debit that the entry names, at the same instant.",
        """SELECT c.account_id AS account, c.hold_id AS hold, c.cause_id AS debit, c.grant_id AS grant, c.tokens, e.drawn
           FROM (SELECT account_id, wallet_id, hold_id, cause_id, grant_id, recorded_at, sum(tokens) AS tokens
                 FROM wallets_holdentry WHERE kind = 'captured' GROUP BY 1, 2, 3, 4, 5, 6) c
           LEFT JOIN (SELECT account_id, wallet_id, cause_id, grant_id, recorded_at, sum(amount) AS drawn
                      FROM wallets_entry WHERE kind IN ('draw', 'overage') GROUP BY 1, 2, 3, 4, 5) e
               ON e.account_id = c.account_id AND e.wallet_id = c.wallet_id AND e.cause_id = c.cause_id
               AND e.grant_id IS NOT DISTINCT FROM c.grant_id AND e.recorded_at = c.recorded_at
           WHERE (c.tokens <= e.drawn) IS NOT TRUE""",
    ),
    Check(
        "hold_entry_has_its_hold",
        Promise.CONSERVATION,
        "What the ledger moved for a hold was by one of the same wallet: what a hold gave back to a grant that lapsed, or pinned again.",
        """SELECT e.account_id AS account, e.id AS entry, e.kind, e.cause_id AS hold, e.amount FROM wallets_entry e
           LEFT JOIN wallets_hold h ON h.id = e.cause_id AND h.account_id = e.account_id AND h.wallet_id = e.wallet_id
           WHERE e.cause_kind = 'hold' AND (h.id IS NULL OR NOT EXISTS (
               SELECT FROM wallets_holdentry n
               WHERE n.account_id = e.account_id AND n.hold_id = e.cause_id AND n.grant_id = e.grant_id AND n.recorded_at = e.recorded_at
                 AND CASE e.kind WHEN 'late_hold' THEN n.kind = 'made' AND n.tokens >= e.amount
                     ELSE n.kind IN ('released', 'expired') AND n.tokens = e.amount END))""",
    ),
    Check(
        # A void first ends the holds that are past their end, at its own instant: what these gave back it took with the rest.
        "hold_returns_nothing_to_what_lapsed",
        Promise.CONSERVATION,
        "What a hold gave back to a grant that was voided or had expired lapsed at once.",
        """SELECT n.account_id AS account, n.hold_id AS hold, n.grant_id AS grant, n.tokens FROM wallets_holdentry n
           JOIN wallets_hold h ON h.id = n.hold_id AND h.account_id = n.account_id
           JOIN wallets_grant g ON g.id = n.grant_id AND g.account_id = n.account_id
           WHERE n.kind IN ('released', 'expired') AND (
               g.voided_at < n.recorded_at OR g.expires_at <= CASE n.kind WHEN 'expired' THEN h.expires_at ELSE n.recorded_at END)
             AND NOT EXISTS (
                 SELECT FROM wallets_entry e
                 WHERE e.account_id = n.account_id AND e.cause_kind = 'hold' AND e.cause_id = n.hold_id AND e.grant_id = n.grant_id
                   AND e.kind = CASE WHEN g.voided_at < n.recorded_at THEN 'void' ELSE 'expire' END
                   AND e.amount = n.tokens AND e.recorded_at = n.recorded_at)""",
    ),
    Check(
        "hold_ended_once",
        Promise.AT_MOST_ONCE,
        "A hold was captured or released before its end, or expired at it or later; then it keeps nothing, and nothing happens to it. "
        "An entry tells that it expired.",
        """SELECT h.account_id AS account, h.id AS hold, h.state, h.held, h.overage_held, h.expires_at, h.ended_at, e.last_at, e.expired
           FROM wallets_hold h
           LEFT JOIN (SELECT account_id, hold_id, max(recorded_at) AS last_at, coalesce(bool_or(kind = 'expired'), false) AS expired
                      FROM wallets_holdentry GROUP BY 1, 2) e
               ON e.account_id = h.account_id AND e.hold_id = h.id
           WHERE CASE h.state
               WHEN 'held' THEN h.ended_at IS NOT NULL
               WHEN 'expired' THEN (h.ended_at >= h.expires_at AND h.held = 0 AND h.overage_held = 0) IS NOT TRUE
               ELSE (h.ended_at < h.expires_at AND h.held = 0 AND h.overage_held = 0) IS NOT TRUE END
              OR e.last_at > h.ended_at OR e.expired <> (h.state = 'expired') OR h.state NOT IN ('held', 'captured', 'released', 'expired')""",
    ),
    Check(
        "hold_lasts_as_long_as_was_said",
        Promise.SHAPE,
        "A hold's end is what its making or its last extension said, each later than the one before.",
        """SELECT h.account_id AS account, h.id AS hold, h.expires_at, e.latest, e.last AS said_last
           FROM wallets_hold h
           LEFT JOIN (SELECT account_id, hold_id, max(expires_at) AS latest, (array_agg(expires_at ORDER BY id DESC))[1] AS last,
                             count(*) FILTER (WHERE kind = 'made') AS makings
                      FROM wallets_holdentry WHERE expires_at IS NOT NULL GROUP BY 1, 2) e
               ON e.account_id = h.account_id AND e.hold_id = h.id
           WHERE (h.expires_at = e.latest AND h.expires_at = e.last AND e.makings = 1) IS NOT TRUE""",
    ),
    Check(
        "wallet_knows_what_is_due_next",
        Promise.SHAPE,
        "A wallet knows when the next grant that waits for its start comes into force, or the next hold ends.",
        """SELECT w.account_id AS account, w.id AS wallet, w.next_due_at, least(g.starts_at, h.ends_at) AS due_at
           FROM wallets_wallet w
           LEFT JOIN (SELECT account_id, wallet_id, min(effective_at) AS starts_at
                      FROM wallets_grant WHERE is_pending GROUP BY 1, 2) g ON g.account_id = w.account_id AND g.wallet_id = w.id
           LEFT JOIN (SELECT account_id, wallet_id, min(expires_at) AS ends_at
                      FROM wallets_hold WHERE state = 'held' GROUP BY 1, 2) h ON h.account_id = w.account_id AND h.wallet_id = w.id
           WHERE w.next_due_at IS DISTINCT FROM least(g.starts_at, h.ends_at)""",
    ),
    Check(
        "hold_is_swept_after_its_end",
        Promise.SHAPE,
        "No hold is still marked held ten minutes after its end; one that is keeps nothing all the same, but the sweep has not run.",
        """SELECT account_id AS account, id AS hold, expires_at, held FROM wallets_hold
           WHERE state = 'held' AND expires_at < now() - interval '10 minutes'""",
        is_note=True,
    ),
)
