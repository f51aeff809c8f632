"""What must hold of trials: each is its grant, none was issued beyond an allowance alone, nobody approved his own."""

from config.kernel.audit import Check, Promise

TRIALS = (
    Check(
        "trial_is_its_grant",
        Promise.CONSERVATION,
        "A trial is one grant of its account, made with it, of its kind, token and tokens.",
        """SELECT t.customer_id AS account, t.id AS trial, t.grant_id AS grant, t.tokens, e.amount
           FROM billing_trial t
           LEFT JOIN wallets_grant g ON g.id = t.grant_id AND g.account_id = t.customer_id
           LEFT JOIN wallets_wallet w ON w.id = g.wallet_id AND w.account_id = g.account_id
           LEFT JOIN wallets_entry e ON e.cause_id = g.id AND e.account_id = g.account_id AND e.kind = 'grant'
           WHERE (g.kind = 'trial' AND e.amount = t.tokens AND w.unit_id = t.unit_id
                  AND g.created_at BETWEEN t.issued_at AND t.issued_at + interval '10 minutes') IS NOT TRUE""",
    ),
    Check(
        "trial_stays_with_its_account",
        Promise.SHAPE,
        "A trial's tokens are bound to their account, and no transfer took of them.",
        """SELECT t.customer_id AS account, t.id AS trial, t.grant_id AS grant
           FROM billing_trial t JOIN wallets_grant g ON g.id = t.grant_id AND g.account_id = t.customer_id
           WHERE NOT g.is_bound OR EXISTS (
               SELECT FROM wallets_entry e
               WHERE e.account_id = g.account_id AND e.grant_id = g.id AND e.kind = 'transfer_out')""",
    ),
    Check(
        "trial_of_an_order_is_issued_once",
        Promise.AT_MOST_ONCE,
        "A trial without a seller came with a line of an order of its account, as the offer that the line was noted with.",
        """SELECT coalesce(t.customer_id, o.account_id) AS account, t.id AS trial, o.order_id AS "order", o.line
           FROM (SELECT * FROM billing_trial WHERE seller_id IS NULL) AS t
           FULL JOIN (SELECT * FROM billing_ordertrial WHERE trial_id IS NOT NULL) AS o ON o.trial_id = t.id
           WHERE (o.account_id, o.offer_id) IS DISTINCT FROM (t.customer_id, t.offer_id)""",
    ),
    Check(
        "order_trial_is_settled",
        Promise.TOLD,
        "A trial of a line that has begun was issued or refused within an hour, and that of a line that is over revoked.",
        """SELECT account_id AS account, order_id AS "order", line, due_at FROM billing_ordertrial
           WHERE state IN ('waiting', 'ending') AND due_at < clock_timestamp() - interval '1 hour'""",
        is_note=True,
    ),
    Check(
        "order_trial_ends_with_its_line",
        Promise.SHAPE,
        "A trial goes on while its order has the line that gives it; one that ended with the line was revoked or converted, "
        "or was over.",
        """SELECT o.account_id AS account, o.order_id AS "order", o.line, o.state, t.id AS trial
           FROM billing_ordertrial o
           JOIN billing_trial t ON t.id = o.trial_id
           JOIN wallets_grant g ON g.id = t.grant_id AND g.account_id = o.account_id
           CROSS JOIN LATERAL (SELECT v.id, v.state FROM billing_orderversion v
                               WHERE v.order_id = o.order_id AND v.account_id = o.account_id
                               ORDER BY v.number DESC LIMIT 1) AS present
           WHERE CASE o.state
                 WHEN 'issued' THEN present.state <> 'active' OR NOT EXISTS (
                     SELECT FROM billing_orderline l WHERE l.version_id = present.id AND l.account_id = o.account_id
                       AND l.name = o.line AND l.snapshot->>'trial' IS NOT NULL)
                 WHEN 'ended' THEN (t.revoked_at, t.converted_at, g.voided_at) IS NOT DISTINCT FROM (NULL, NULL, NULL)
                     AND (g.expires_at <= clock_timestamp()) IS NOT TRUE
                 ELSE false END""",
    ),
    Check(
        "trial_was_first_used_when_it_says",
        Promise.SHAPE,
        "A trial's first use is the first draw from its grant; one that waited for it then got its days, or was "
        "over, or had got another end from a person before.",
        """SELECT t.customer_id AS account, t.id AS trial, t.activated_at, first.at, t.starts
           FROM billing_trial t
           LEFT JOIN LATERAL (SELECT min(recorded_at) AS at FROM wallets_entry e
                              WHERE e.grant_id = t.grant_id AND e.account_id = t.customer_id
                                AND e.kind IN ('draw', 'late_draw')) AS first ON true
           WHERE t.activated_at IS NOT NULL AND (
                 t.activated_at IS DISTINCT FROM first.at
                 OR t.starts = 'first_use' AND NOT EXISTS (
                     SELECT FROM wallets_expirychange c JOIN wallets_zone z ON z.account_id = c.account_id
                     WHERE c.grant_id = t.grant_id AND c.account_id = t.customer_id
                       AND c.expires_after >= wallets_days_later_v1(first.at, t.days, z.time_zone))
                 AND NOT EXISTS (
                     SELECT FROM wallets_grant g WHERE g.id = t.grant_id AND g.account_id = t.customer_id
                       AND (g.voided_at IS NOT NULL OR g.expires_at <= clock_timestamp()))
                 AND (SELECT count(*) FROM wallets_expirychange c
                      WHERE c.grant_id = t.grant_id AND c.account_id = t.customer_id AND c.recorded_at < first.at)
                     <= CASE WHEN t.extended_at < first.at THEN 1 ELSE 0 END)""",
    ),
    Check(
        "trial_was_extended_once",
        Promise.SHAPE,
        "A trial that was extended has a change of expiry by its days; one that was revoked has a voided grant.",
        """SELECT t.customer_id AS account, t.id AS trial, t.extended_at, t.revoked_at
           FROM billing_trial t
           WHERE t.extended_at IS NOT NULL AND NOT EXISTS (
                     SELECT FROM wallets_expirychange c JOIN wallets_zone z ON z.account_id = c.account_id
                     WHERE c.grant_id = t.grant_id AND c.account_id = t.customer_id
                       AND c.expires_after = wallets_days_later_v1(c.expires_before, t.extension_days, z.time_zone))
              OR t.revoked_at IS NOT NULL AND NOT EXISTS (
                     SELECT FROM wallets_grant g WHERE g.id = t.grant_id AND g.account_id = t.customer_id
                       AND g.voided_at IS NOT NULL)""",
    ),
    Check(
        "trial_is_within_its_sellers_allowance",
        Promise.WITHIN_POLICY,
        "In no month of UTC did a seller issue more than his allowance of that moment, but what a manager approved.",
        """WITH ran AS (
               SELECT t.id, t.seller_id, t.unit_id, t.issued_at,
                      sum(t.tokens) OVER (PARTITION BY t.seller_id, t.unit_id, date_trunc('month', t.issued_at AT TIME ZONE 'UTC')
                                          ORDER BY t.issued_at, t.id) AS issued
               FROM billing_trial t WHERE t.request_id IS NULL AND t.seller_id IS NOT NULL)
           SELECT ran.seller_id AS seller, ran.id AS trial, ran.issued, ruling.tokens AS allowance
           FROM ran
           LEFT JOIN LATERAL (
               SELECT a.tokens, a.follows_all FROM billing_sellerallowance a
               WHERE a.unit_id = ran.unit_id AND a.seller_id = ran.seller_id AND a.recorded_at <= ran.issued_at
               ORDER BY a.id DESC LIMIT 1) AS own ON true
           LEFT JOIN LATERAL (
               SELECT a.tokens FROM billing_sellerallowance a
               WHERE a.unit_id = ran.unit_id AND a.seller_id IS NULL AND a.recorded_at <= ran.issued_at
               ORDER BY a.id DESC LIMIT 1) AS of_all ON true
           CROSS JOIN LATERAL (SELECT CASE WHEN own.follows_all IS FALSE THEN own.tokens ELSE of_all.tokens END AS tokens) AS ruling
           WHERE ran.issued > ruling.tokens""",
    ),
    Check(
        "trial_request_was_decided_by_somebody_else",
        Promise.SHAPE,
        "A request was decided by another than who asked, and one that was approved became its trial, of the same account and offer.",
        """SELECT r.customer_id AS account, r.id AS request, r.verdict, r.seller_id AS seller, r.decided_by_id AS decided_by
           FROM billing_trialrequest r LEFT JOIN billing_trial t ON t.request_id = r.id
           WHERE r.decided_by_id = r.seller_id OR (t.id IS NOT NULL) <> (r.verdict = 'approved')
              OR (t.customer_id, t.offer_id, t.seller_id) IS DISTINCT FROM (r.customer_id, r.offer_id, r.seller_id) AND t.id IS NOT NULL""",
    ),
)
