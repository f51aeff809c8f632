"""What must hold of seats: never more base seats than there are, every interval charged once, and given back as far as unused."""

from config.kernel.audit import Check, Promise

# Intervals that were paid for, with what their rates say: seconds, and whether what is unused is given back.
_PAID = """
    SELECT c.account_id, c.checkout_id, c.number, c.feature_id, c.person, c.debit_id, c.begins_at, c.ends_at, r.refund_unused = 'prorata' AS refunds,
           extract(epoch FROM coalesce(r.interval, 'PT1H')::interval) AS lasts, extract(epoch FROM r.once_per_user::interval) AS once
    FROM usage_checkoutcharge c
    JOIN usage_debitline l ON l.account_id = c.account_id AND l.debit_id = c.debit_id
    JOIN pricing_rate r ON r.id = l.rate_id
"""
_REASONS = "('Checked in.', 'Moved to a base seat.')"

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
           WHERE c.number <> c.place OR c.begins_at IS DISTINCT FROM coalesce(c.ended, s.started_at) OR s.intervals IS DISTINCT FROM c.charges
              OR (c.debit_id IS NOT NULL AND d.key IS DISTINCT FROM 'checkout ' || c.checkout_id || ' ' || c.number)""",
    ),
    Check(
        "charge_of_a_seat_is_an_interval",
        Promise.AT_MOST_ONCE,
        "What was charged for a seat is one of its intervals, of one unit of its feature, by its subject.",
        """SELECT c.account_id AS account, c.debit_id AS debit, d.key, l.quantity FROM usage_checkoutcharge c
           LEFT JOIN usage_checkout s ON s.account_id = c.account_id AND s.id = c.checkout_id
           LEFT JOIN usage_debit d ON d.account_id = c.account_id AND d.id = c.debit_id
           LEFT JOIN usage_debitline l ON l.account_id = d.account_id AND l.debit_id = d.id
           WHERE c.debit_id IS NOT NULL
             AND (l.quantity = 1 AND l.feature_id = s.feature_id AND c.feature_id = s.feature_id AND c.person = s.person
                  AND d.product_id = s.product_id AND d.subject IS NOT DISTINCT FROM s.subject) IS NOT TRUE
           UNION ALL
           SELECT d.account_id, d.id, d.key, NULL FROM usage_debit d
           WHERE d.key LIKE 'checkout %' AND NOT EXISTS (
               SELECT FROM usage_checkoutcharge c WHERE c.account_id = d.account_id AND c.debit_id = d.id)""",
    ),
    Check(
        "seat_is_paid_until_its_last_interval_ends",
        Promise.CONSERVATION,
        "An overflow seat is paid until the end of its last interval, and a base seat until no instant.",
        """SELECT s.account_id AS account, s.id AS checkout, s.seat, s.charged_until, c.ends_at FROM usage_checkout s
           LEFT JOIN (SELECT account_id, checkout_id, max(ends_at) AS ends_at FROM usage_checkoutcharge GROUP BY 1, 2) AS c
               ON c.account_id = s.account_id AND c.checkout_id = s.id
           WHERE s.charged_until IS DISTINCT FROM CASE s.seat WHEN 'overflow' THEN c.ends_at END
              OR (s.seat = 'overflow' AND s.charged_until IS NULL)""",
    ),
    Check(
        "interval_lasts_as_its_rate_says",
        Promise.RIGHT_PRICE,
        "What was paid for an interval pays for as long as its rate says; a user who is charged once in a time, for that time too.",
        f"""SELECT account_id AS account, checkout_id AS checkout, number, begins_at, ends_at FROM ({_PAID}) AS p
            WHERE ends_at <> begins_at + make_interval(secs => greatest(lasts, CASE WHEN person <> '' THEN once END)::double precision)""",
    ),
    Check(
        "person_is_charged_once_in_its_time",
        Promise.AT_MOST_ONCE,
        "Within the time that a rate says a user pays once, and whoever sits without paying has paid before.",
        f"""SELECT account_id AS account, checkout_id AS checkout, number, person, begins_at FROM (
                SELECT *, lag(begins_at) OVER (PARTITION BY account_id, feature_id, person ORDER BY begins_at, checkout_id, number) AS paid_at
                FROM ({_PAID}) AS p WHERE person <> '') AS p
            WHERE begins_at < paid_at + make_interval(secs => once::double precision)
            UNION ALL
            SELECT c.account_id, c.checkout_id, c.number, c.person, c.begins_at FROM usage_checkoutcharge c
            WHERE c.debit_id IS NULL AND NOT EXISTS (
                SELECT FROM usage_checkoutcharge p
                WHERE p.account_id = c.account_id AND p.feature_id = c.feature_id AND p.person = c.person AND c.person <> ''
                  AND p.debit_id IS NOT NULL AND p.begins_at <= c.begins_at)""",
    ),
    Check(
        "unused_part_is_given_back",
        Promise.RIGHT_PRICE,
        "Who checks in or moves to a base seat gets back what is unused of the interval, where its rate says so, down to the millionth; nobody else does.",
        f"""WITH paid AS (
                SELECT p.*, d.tokens, CASE WHEN p.number = s.intervals AND s.ended_by <> 'lost' AND s.seat = 'overflow' THEN s.ended_at
                                           WHEN p.number = s.intervals AND s.seat = 'base' THEN m.at END AS left_at
                FROM ({_PAID}) AS p
                JOIN usage_debit d ON d.account_id = p.account_id AND d.id = p.debit_id
                JOIN usage_checkout s ON s.account_id = p.account_id AND s.id = p.checkout_id
                LEFT JOIN usage_checkoutmove m ON m.account_id = s.account_id AND m.checkout_id = s.id AND m.seat = 'base'),
            due AS (
                SELECT *, CASE WHEN refunds AND left_at < ends_at THEN div(
                              tokens * 1000000 * extract(epoch FROM ends_at - left_at), extract(epoch FROM ends_at - begins_at)) / 1000000
                          ELSE 0 END AS unused FROM paid)
            SELECT u.account_id AS account, u.checkout_id AS checkout, u.number, u.unused, g.tokens AS given_back, coalesce(b.tokens, 0) AS reversed_before
            FROM due u
            LEFT JOIN LATERAL (
                SELECT sum(tokens) AS tokens, min(id::text)::uuid AS id FROM usage_reversal r
                WHERE r.account_id = u.account_id AND r.debit_id = u.debit_id AND r.reason IN {_REASONS}) AS g ON true
            LEFT JOIN LATERAL (
                SELECT sum(tokens) AS tokens FROM usage_reversal r
                WHERE r.account_id = u.account_id AND r.debit_id = u.debit_id AND r.reason NOT IN {_REASONS}
                  AND CASE WHEN g.id IS NULL THEN r.recorded_at <= u.left_at ELSE r.id < g.id END) AS b ON true
            WHERE coalesce(g.tokens, 0) <> least(u.unused, u.tokens - coalesce(b.tokens, 0))""",
    ),
)
