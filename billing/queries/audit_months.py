"""What must hold of the months: every period of every rule is there once, from its day to its day, and told of once."""

from billing.queries.audit_order_months import BY_MONTH, PRESENT
from config.kernel.audit import Check, Promise

# The version of each order that holds.
_MONTHS = "CASE l.snapshot ->> 'period' WHEN 'month' THEN 1 WHEN 'year' THEN 12 END"

# The lines that go on by periods, or by the months of a year, after the last one that was given.
_GOING_ON = f"""
    SELECT v.account_id, c.next_change_at, v.order_id, l.name, last.ends_at AS given_until
    FROM ({PRESENT}) AS v
    JOIN billing_orderline l ON l.version_id = v.id
    LEFT JOIN billing_orderclock c ON c.account_id = v.account_id
    LEFT JOIN LATERAL (
        SELECT CASE WHEN l.snapshot @> '{BY_MONTH}' THEN p.month_ends[cardinality(p.month_ends)] ELSE p.ends_at END AS ends_at
        FROM billing_orderperiod p
        WHERE p.account_id = v.account_id AND p.order_id = v.order_id AND p.line = l.name AND p.run = l.run
        ORDER BY p.number DESC LIMIT 1) AS last ON true
    WHERE v.state = 'active' AND l.snapshot ->> 'period' IN ('month', 'year')
      AND (l.ends_at IS NULL OR coalesce(l.ends_at > last.ends_at, true))"""

CHECKS = (
    Check(
        "order_period_ends_on_its_day",
        Promise.AT_MOST_ONCE,
        "A period ends at the midnight of its account that lies so many months after its line's first day; a month's end returns.",
        f"""SELECT p.account_id AS account, p.id AS period, p.line, p.number, p.ends_at, d.ends_at AS due
            FROM billing_orderperiod p
            JOIN billing_orderperiod first ON first.account_id = p.account_id AND first.order_id = p.order_id
                AND first.line = p.line AND first.run = p.run AND first.number = 0
            JOIN (SELECT v.order_id, l.name, l.run, min({_MONTHS}) AS months
                  FROM billing_orderversion v JOIN billing_orderline l ON l.version_id = v.id GROUP BY 1, 2, 3) AS l
                ON l.order_id = p.order_id AND l.name = p.line AND l.run = p.run AND l.months IS NOT NULL
            CROSS JOIN LATERAL (SELECT (wallets_day_v1(p.account_id, first.starts_at)
                                        + make_interval(months => l.months * (p.number + 1)))::date AS day) AS last
            CROSS JOIN LATERAL (SELECT wallets_midnight_v1(p.account_id, last.day) AS ends_at) AS d
            WHERE p.ends_at IS DISTINCT FROM d.ends_at AND NOT EXISTS (  -- a time zone that nobody knew of yet
                SELECT FROM wallets_zone z WHERE z.account_id = p.account_id AND z.counts_from IS NOT NULL
                  AND z.recorded_at >= uuid_extract_timestamp(p.id) AND (z.first_month <= last.day OR z.counts_from <= first.starts_at))""",
    ),
    Check(
        "order_clock_rings_in_time",
        Promise.AT_MOST_ONCE,
        "As long as a line goes on its account is looked at again a day before its last period or month ends, however long nobody "
        "was there.",
        f"""SELECT account_id AS account, order_id AS "order", name AS line, given_until, next_change_at FROM ({_GOING_ON}) AS g
            WHERE (next_change_at <= given_until - interval '1 day') IS NOT TRUE""",
    ),
    Check(
        "trial_ends_when_its_offer_says",
        Promise.SHAPE,
        "A trial that began at once, or on a day, first had the days of its offer by its account's calendar.",
        """SELECT t.customer_id AS account, t.id AS trial, t.days, t.issued_at, g.effective_at, ends.at AS ends_at
           FROM billing_trial t JOIN wallets_grant g ON g.id = t.grant_id AND g.account_id = t.customer_id
           CROSS JOIN LATERAL (SELECT coalesce(
               (SELECT c.expires_before FROM wallets_expirychange c WHERE c.account_id = g.account_id AND c.grant_id = g.id
                ORDER BY c.id LIMIT 1), g.expires_at) AS at) AS ends
           WHERE t.starts <> 'first_use' AND NOT EXISTS (
               SELECT FROM wallets_zone z WHERE z.account_id = t.customer_id
                 AND ends.at IN (wallets_days_later_v1(t.issued_at, t.days, z.time_zone),
                                 wallets_days_later_v1(g.effective_at, t.days, z.time_zone)))""",
    ),
    Check(
        "trial_first_uses_are_noted",
        Promise.TOLD,
        "The first use of a trial was noted within five minutes.",
        """SELECT t.customer_id AS account, t.id AS trial, e.at AS used_at
           FROM billing_trial t
           CROSS JOIN LATERAL (SELECT min(recorded_at) AS at FROM wallets_entry e
                               WHERE e.grant_id = t.grant_id AND e.account_id = t.customer_id
                                 AND e.kind IN ('draw', 'late_draw')) AS e
           WHERE t.activated_at IS NULL AND e.at < clock_timestamp() - interval '5 minutes'""",
        is_note=True,
    ),
    Check(
        "expiry_is_told_ahead",
        Promise.TOLD,
        "What was told of a coming expiry is so: 60, 30, 7 or 1 days of its account's calendar before an end that the grant had, paid for "
        "or free.",
        """SELECT n.about_id AS account, n.id AS news, n.fact, n.occurred_at, n.data
           FROM billing_news n
           LEFT JOIN wallets_grant g ON g.id = (n.data ->> 'grant')::uuid AND g.account_id = n.about_id
           CROSS JOIN LATERAL (SELECT (n.data ->> 'expires_at')::timestamptz AS at, (n.data ->> 'days')::integer AS days) AS ends
           WHERE n.kind = 'grant.expiring' AND (
               ends.days IN (60, 30, 7, 1) AND EXISTS (
                   SELECT FROM wallets_zone z WHERE z.account_id = n.about_id
                     AND n.occurred_at = wallets_days_later_v1(ends.at, -ends.days, z.time_zone))
               AND n.fact LIKE g.id || ':' || ends.days || ':%' AND g.created_at < n.occurred_at
               AND (n.data ->> 'paid')::boolean = (g.kind = 'purchase')
               AND (ends.at = g.expires_at OR EXISTS (
                   SELECT FROM wallets_expirychange c WHERE c.account_id = g.account_id AND c.grant_id = g.id
                     AND ends.at IN (c.expires_before, c.expires_after)))) IS NOT TRUE""",
    ),
)
