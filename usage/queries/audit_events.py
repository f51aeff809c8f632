"""What must hold of usage events: each kept once, and waiting or booked, by one debit that says the same."""

from config.kernel.audit import Check, Promise

EVENTS = (
    Check(
        "event_has_its_identity",
        Promise.AT_MOST_ONCE,
        "Every event stands under its source and id within its account, and every identity has its event, as long as its month is kept.",
        """SELECT coalesce(e.id, i.event_id) AS event, coalesce(e.account, i.account) AS account, e.recorded_at, i.recorded_at AS identity
           FROM usage_event e
           FULL JOIN usage_eventidentity i ON i.event_id = e.id AND i.account = e.account AND i.source = e.source
               AND i.sent_id = e.sent_id AND i.recorded_at = e.recorded_at
           WHERE i.event_id IS NULL
              OR (e.id IS NULL AND EXISTS (
                      SELECT FROM pg_inherits JOIN pg_class AS month ON month.oid = inhrelid
                      WHERE inhparent = 'usage_event'::regclass
                        AND month.relname = 'usage_event_' || to_char(i.recorded_at AT TIME ZONE 'UTC', 'YYYY_MM')))""",
    ),
    Check(
        "event_waits_or_is_booked",
        Promise.AT_MOST_ONCE,
        "Every event either waits in the queue or is booked by one debit, and never both.",
        """WITH booked AS (SELECT key, count(*) AS debits FROM usage_claim WHERE key LIKE 'event %' GROUP BY 1)
           SELECT i.account, i.event_id AS event, coalesce(b.debits, 0) AS debits, w.event_id IS NOT NULL AS waits
           FROM usage_eventidentity i
           LEFT JOIN booked b ON b.key = 'event ' || i.event_id
           LEFT JOIN usage_waitingevent w ON w.event_id = i.event_id
           WHERE coalesce(b.debits, 0) + CASE WHEN w.event_id IS NULL THEN 0 ELSE 1 END <> 1""",
    ),
    Check(
        "event_debit_has_its_event",
        Promise.AT_MOST_ONCE,
        "A debit that names an event books one that came, of its account and before it.",
        """SELECT d.account_id AS account, d.id AS debit, d.key FROM usage_debit d
           JOIN wallets_account a ON a.id = d.account_id
           LEFT JOIN usage_eventidentity i ON d.key = 'event ' || i.event_id AND i.account = a.reference
               AND i.recorded_at <= d.recorded_at
           WHERE d.key LIKE 'event %' AND i.event_id IS NULL""",
    ),
    Check(
        "event_is_booked_as_it_came",
        Promise.RIGHT_PRICE,
        "The debit of an event is of one line, which says its feature, quantity and dimensions, at the time of its usage.",
        """SELECT e.account, e.id AS event, d.id AS debit, e.feature, e.quantity, e.occurred_at, l.quantity AS line, d.occurred_at AS debited
           FROM usage_event e
           JOIN wallets_account a ON a.reference = e.account
           JOIN usage_debit d ON d.account_id = a.id AND d.key = 'event ' || e.id
           LEFT JOIN usage_debitline l ON l.debit_id = d.id AND l.account_id = d.account_id
           LEFT JOIN pricing_feature f ON f.id = l.feature_id
           WHERE (f.code = e.feature AND l.position = 1 AND l.quantity = e.quantity AND l.dimensions = e.dimensions
                  AND d.occurred_at = e.occurred_at AND d.product_id = e.product_id AND d.api_key_id = e.api_key_id
                  AND d.subject IS NOT DISTINCT FROM nullif(e.subject, 'null')) IS NOT TRUE""",
    ),
    Check(
        "event_waits_as_it_came",
        Promise.SHAPE,
        "An event's place in the queue says its account, feature and times, in the lane of its account, and why where it is stuck.",
        """SELECT w.account, w.event_id AS event, w.feature, w.lane, w.reason, w.tries FROM usage_waitingevent w
           LEFT JOIN usage_event e ON e.id = w.event_id AND e.recorded_at = w.recorded_at
           WHERE (e.account = w.account AND e.feature = w.feature AND e.occurred_at = w.occurred_at
                  AND w.lane = hashtext(w.account) & 15 AND w.tries >= 0
                  AND (w.reason = '' OR w.tries > 0) AND (w.reason <> '' OR w.due_at IS NULL)) IS NOT TRUE""",
    ),
    Check(
        "backfill_event_was_approved",
        Promise.RIGHT_PRICE,
        "An event of a backfill came, and its backfill was approved by somebody when it was noted.",
        """SELECT b.backfill_id AS backfill, b.event_id AS event, b.account, f.state, f.closed_by
           FROM usage_backfillevent b
           LEFT JOIN usage_backfill f ON f.id = b.backfill_id
           LEFT JOIN usage_eventidentity i ON i.event_id = b.event_id AND i.account = b.account
           WHERE (i.event_id IS NOT NULL AND f.state IN ('approved', 'reverting', 'reverted') AND f.closed_by <> ''
                  AND f.closed_at = b.recorded_at) IS NOT TRUE""",
    ),
    Check(
        "event_waits_for_its_backfill",
        Promise.SHAPE,
        "An event of a backfill waits for its approval, takes its turn once it is approved, and is held while it is taken back.",
        """SELECT w.account, w.event_id AS event, w.reason, w.backfill_id AS backfill, f.state
           FROM usage_waitingevent w
           LEFT JOIN usage_backfill f ON f.id = w.backfill_id
           LEFT JOIN usage_backfillevent b ON b.backfill_id = w.backfill_id AND b.event_id = w.event_id
           WHERE CASE WHEN w.backfill_id IS NULL THEN w.reason = 'backfill'
                      WHEN f.state = 'open' THEN w.reason <> 'backfill' OR b.event_id IS NOT NULL
                      WHEN f.state IN ('approved', 'reverting') THEN b.event_id IS NULL OR (f.state = 'approved' AND w.reason = 'backfill')
                      ELSE true END""",
    ),
    Check(
        "reverted_backfill_is_given_back",
        Promise.CONSERVATION,
        "Of a backfill that was taken back nothing is left: every debit of its events was given back, or what a re-rating charged in its place.",
        """SELECT f.id AS backfill, d.account_id AS account, d.id AS debit, d.tokens, back.tokens AS returned
           FROM usage_backfill f
           JOIN usage_backfillevent b ON b.backfill_id = f.id
           JOIN usage_claim c ON c.key = 'event ' || b.event_id
           LEFT JOIN LATERAL (SELECT x.replacement_id FROM usage_correction x WHERE x.account_id = c.account_id AND x.root_id = c.effect_id
                              ORDER BY x.replacement_id DESC LIMIT 1) AS last ON true
           JOIN usage_debit d ON d.id = coalesce(last.replacement_id, c.effect_id) AND d.account_id = c.account_id
           LEFT JOIN LATERAL (SELECT sum(r.tokens) AS tokens FROM usage_reversal r
                              WHERE r.debit_id = d.id AND r.account_id = d.account_id) AS back ON true
           WHERE f.state = 'reverted' AND back.tokens IS DISTINCT FROM d.tokens
             AND d.recorded_at <= f.reverted_at""",
    ),
    Check(
        "event_is_in_form",
        Promise.SHAPE,
        "An event is of a positive quantity and no negative cost, with its currency, by a key of its product.",
        """SELECT e.account, e.id AS event, e.quantity, e.cost, e.cost_currency, e.product_id AS product FROM usage_event e
           LEFT JOIN usage_apikey k ON k.id = e.api_key_id AND k.product_id = e.product_id
           WHERE (k.id IS NOT NULL AND e.quantity > 0 AND e.quantity < 'NaN' AND coalesce(e.cost, 0) >= 0
                  AND coalesce(e.cost, 0) < 'NaN' AND (e.cost IS NULL) = (e.cost_currency IS NULL)) IS NOT TRUE""",
    ),
    Check(
        "event_months_are_guarded",
        Promise.GUARDS,
        "Each month of events refuses change, whoever asks.",
        """SELECT month.relname AS month, guard.name AS trigger, t.tgenabled AS enabled
           FROM pg_inherits JOIN pg_class AS month ON month.oid = inhrelid
           CROSS JOIN LATERAL (VALUES ('usage_event_only_grows'), (month.relname || '_never_empties')) AS guard (name)
           LEFT JOIN pg_trigger t ON t.tgrelid = month.oid AND t.tgname = guard.name
           WHERE inhparent = 'usage_event'::regclass AND t.tgenabled IS DISTINCT FROM 'A'""",
    ),
    Check(
        "events_have_their_next_month",
        Promise.SHAPE,
        "The months into which events are recorded are made ahead.",
        """SELECT 'usage_event_' || to_char((now() AT TIME ZONE 'UTC') + months * interval '1 month', 'YYYY_MM') AS month
           FROM generate_series(0, 1) AS months
           WHERE to_regclass('usage_event_' || to_char((now() AT TIME ZONE 'UTC') + months * interval '1 month', 'YYYY_MM')) IS NULL""",
        is_note=True,
    ),
)
