"""What must hold of seats: never more base seats than there are, every interval charged once."""

from config.kernel.audit import Check, Promise

SEATS = (
    Check(
        "seat_is_where_its_moves_left_it",
        Promise.CONSERVATION,
        "A checkout has the seat that its last move says, and ended when and where one says so.",
        """SELECT c.account_id AS account, c.id AS checkout, c.seat, c.ended_at, m.seat AS moved_to, m.at
           FROM usage_checkout c
           LEFT JOIN LATERAL (SELECT seat, at FROM usage_checkoutmove m WHERE m.account_id = c.account_id AND m.checkout_id = c.id
                              ORDER BY id DESC LIMIT 1) AS m ON true
           WHERE (CASE WHEN c.ended_at IS NULL THEN m.seat = c.seat ELSE m.seat = '' AND m.at = c.ended_at END) IS NOT TRUE""",
    ),
    Check(
        "base_seats_never_exceed_the_entitlement",
        Promise.WITHIN_POLICY,
        "Whoever took a base seat found one free: of those that the account had then, no more were taken.",
        """WITH moved AS (
               SELECT m.account_id, c.pool, m.checkout_id, m.at, m.id, m.seat,
                      lag(m.seat, 1, '') OVER (PARTITION BY m.account_id, m.checkout_id ORDER BY m.id) AS before
               FROM usage_checkoutmove m JOIN usage_checkout c ON c.account_id = m.account_id AND c.id = m.checkout_id),
           taken AS (
               SELECT account_id, pool, at, seat, before, sum((seat = 'base')::integer - (before = 'base')::integer)
                      OVER (PARTITION BY account_id, pool ORDER BY at, seat = 'base', id) AS base
               FROM moved WHERE pool <> '')
           SELECT t.account_id AS account, t.pool, t.at, t.base, s.seats
           FROM taken t
           LEFT JOIN LATERAL (
               SELECT CASE WHEN effective_until IS NULL OR effective_until > t.at THEN seats END AS seats FROM usage_seats s
               WHERE s.account_id = t.account_id AND s.pattern = t.pool AND s.effective_from <= t.at
               ORDER BY s.effective_from DESC, s.recorded_at DESC, s.id DESC LIMIT 1) AS s ON true
           WHERE t.seat = 'base' AND t.before <> 'base' AND t.base > coalesce(s.seats, 0)""",
    ),
    Check(
        "interval_is_charged_once",
        Promise.AT_MOST_ONCE,
        "The intervals of an overflow seat are numbered without a gap, each begins where the one before ended, under a debit of its own.",
        """SELECT c.account_id AS account, c.checkout_id AS checkout, c.number, c.begins_at, c.ended AS former_ended
           FROM (SELECT c.*, row_number() OVER w AS place, lag(c.ends_at) OVER w AS ended,
                        count(*) OVER (PARTITION BY c.account_id, c.checkout_id) AS charges
                 FROM usage_checkoutcharge c WINDOW w AS (PARTITION BY c.account_id, c.checkout_id ORDER BY c.number)) AS c
           LEFT JOIN usage_checkout s ON s.account_id = c.account_id AND s.id = c.checkout_id
           LEFT JOIN usage_debit d ON d.account_id = c.account_id AND d.id = c.debit_id
           WHERE c.number <> c.place OR c.begins_at < c.ended OR s.intervals IS DISTINCT FROM c.charges
              OR (c.debit_id IS NOT NULL AND d.key IS DISTINCT FROM 'checkout ' || c.checkout_id || ' ' || c.number)""",
    ),
)
