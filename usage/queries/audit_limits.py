"""What must hold of budgets and allowances: each counts its debits, and neither gives more than it has."""

from config.kernel.audit import Check, Promise

# What a reversal took off the lines that a budget counts.
_GIVEN_BACK = """
    SELECT u.account_id, u.counter_id, r.id AS reversal_id, sum(l.tokens) AS tokens
    FROM usage_budgetuse u
    JOIN usage_reversal r ON r.account_id = u.account_id AND r.debit_id = u.debit_id
    JOIN usage_reversalline l ON l.account_id = r.account_id AND l.reversal_id = r.id AND l.position = ANY (u.lines)
    GROUP BY 1, 2, 3
"""
# Units that windows gave to lines, and those that whole reversals gave back.
_UNITS = """
    SELECT account_id, window_id, debit_id AS happened, sum(units) AS units FROM usage_allowanceuse GROUP BY 1, 2, 3
    UNION ALL
    SELECT u.account_id, u.window_id, r.id, -sum(u.units)
    FROM usage_allowanceuse u
    JOIN usage_reversal r ON r.account_id = u.account_id AND r.debit_id = u.debit_id AND r.is_whole
    GROUP BY 1, 2, 3
"""
_LIMIT_THEN = """
    LEFT JOIN LATERAL (
        SELECT tokens, is_hard FROM usage_budgetlimit m
        WHERE m.account_id = {of}.account_id AND m.budget_id = {budget} AND (m.recorded_at, m.id) < ({of}.recorded_at, {of}.id)
        ORDER BY m.recorded_at DESC, m.id DESC LIMIT 1) AS m ON true
"""

LIMITS = (
    Check(
        "budget_counts_its_debits",
        Promise.CONSERVATION,
        "What a window has spent of a budget is what its debits took, less what reversals gave back.",
        f"""SELECT c.account_id AS account, c.id AS counter, c.spent, coalesce(u.tokens, 0) - coalesce(b.tokens, 0) AS taken
            FROM usage_budgetcount c
            LEFT JOIN (SELECT account_id, counter_id, sum(tokens) AS tokens FROM usage_budgetuse GROUP BY 1, 2) AS u
                ON u.account_id = c.account_id AND u.counter_id = c.id
            LEFT JOIN (SELECT account_id, counter_id, sum(tokens) AS tokens FROM ({_GIVEN_BACK}) AS g GROUP BY 1, 2) AS b
                ON b.account_id = c.account_id AND b.counter_id = c.id
            WHERE c.spent <> coalesce(u.tokens, 0) - coalesce(b.tokens, 0)""",
    ),
    Check(
        "budget_counts_lines_of_its_unit",
        Promise.CONSERVATION,
        "What a debit took of a budget is what the counted lines came to, in the budget's unit.",
        """SELECT u.account_id AS account, u.debit_id AS debit, b.code AS budget, u.tokens, l.tokens AS lines
           FROM usage_budgetuse u
           LEFT JOIN usage_budgetcount c ON c.account_id = u.account_id AND c.id = u.counter_id
           LEFT JOIN usage_budget b ON b.account_id = c.account_id AND b.id = c.budget_id
           LEFT JOIN usage_debit d ON d.account_id = u.account_id AND d.id = u.debit_id
           LEFT JOIN LATERAL (SELECT sum(tokens) AS tokens, count(*) AS lines FROM usage_debitline l
                              WHERE l.account_id = u.account_id AND l.debit_id = u.debit_id AND l.position = ANY (u.lines)) AS l ON true
           WHERE (u.tokens = l.tokens AND l.lines = cardinality(u.lines) AND b.unit_id = d.unit_id) IS NOT TRUE""",
    ),
    Check(
        "hard_budget_is_never_passed",
        Promise.WITHIN_POLICY,
        "What asked first left a hard budget within its limit of that moment; so did a hold by its estimate.",
        f"""WITH run AS (
                SELECT *, sum(tokens) OVER (PARTITION BY account_id, counter_id ORDER BY id) AS spent
                FROM (SELECT account_id, counter_id, debit_id AS id, tokens, true AS takes FROM usage_budgetuse
                      UNION ALL SELECT account_id, counter_id, reversal_id, -tokens, false FROM ({_GIVEN_BACK}) AS g) AS moved)
            SELECT d.account_id AS account, d.id AS "debit or hold", c.budget_id AS budget, run.spent, m.tokens AS "limit"
            FROM run
            JOIN usage_debit d ON d.account_id = run.account_id AND d.id = run.id
            JOIN usage_budgetcount c ON c.account_id = run.account_id AND c.id = run.counter_id
            {_LIMIT_THEN.format(of="d", budget="c.budget_id")}
            WHERE run.takes AND run.tokens > 0 AND m.is_hard AND run.spent > m.tokens AND d.key NOT LIKE 'event %' AND d.key NOT LIKE 'rerating %'
              AND NOT EXISTS (SELECT FROM usage_holdstep s WHERE s.account_id = d.account_id AND s.debit_id = d.id)
            UNION ALL
            SELECT h.account_id, h.id, k.budget_id, coalesce(before.spent, 0) + k.tokens, m.tokens
            FROM usage_holdbudget k
            JOIN usage_holdrequest h ON h.account_id = k.account_id AND h.id = k.hold_id
            LEFT JOIN usage_budgetcount c ON c.account_id = k.account_id AND c.budget_id = k.budget_id AND c.value = k.value
                AND c.window_start = k.window_start
            LEFT JOIN LATERAL (SELECT spent FROM run WHERE run.account_id = c.account_id AND run.counter_id = c.id AND run.id < h.id
                               ORDER BY run.id DESC LIMIT 1) AS before ON true
            {_LIMIT_THEN.format(of="h", budget="k.budget_id")}
            WHERE k.tokens > 0 AND m.is_hard AND coalesce(before.spent, 0) + k.tokens > m.tokens""",
    ),
    Check(
        "allowance_counts_its_debits",
        Promise.CONSERVATION,
        "What a window of an allowance has used is what it covered, less what whole reversals gave back.",
        f"""SELECT w.account_id AS account, w.id AS window, w.used, coalesce(u.units, 0) AS covered
            FROM usage_allowancewindow w
            LEFT JOIN (SELECT account_id, window_id, sum(units) AS units FROM ({_UNITS}) AS u GROUP BY 1, 2) AS u
                ON u.account_id = w.account_id AND u.window_id = w.id
            WHERE w.used <> coalesce(u.units, 0)""",
    ),
    Check(
        "line_is_covered_by_windows",
        Promise.CONSERVATION,
        "The units of a line that were covered are those that windows of allowances gave.",
        """SELECT coalesce(l.account_id, u.account_id) AS account, coalesce(l.debit_id, u.debit_id) AS debit, l.covered_quantity, u.units
           FROM (SELECT account_id, debit_id, position, covered_quantity FROM usage_debitline WHERE covered_quantity > 0) AS l
           FULL JOIN (SELECT account_id, debit_id, position, sum(units) AS units FROM usage_allowanceuse GROUP BY 1, 2, 3) AS u
               ON u.account_id = l.account_id AND u.debit_id = l.debit_id AND u.position = l.position
           WHERE l.covered_quantity IS DISTINCT FROM u.units""",
    ),
    Check(
        "allowance_covers_no_more_than_it_includes",
        Promise.WITHIN_POLICY,
        "A window never covered more than its allowance included then, with what came over from the window before.",
        f"""SELECT d.account_id AS account, d.id AS debit, w.id AS window, run.used, a.units, w.carried_in
            FROM (SELECT *, sum(units) OVER (PARTITION BY account_id, window_id ORDER BY happened) AS used FROM ({_UNITS}) AS moved) AS run
            JOIN usage_debit d ON d.account_id = run.account_id AND d.id = run.happened
            JOIN usage_allowancewindow w ON w.account_id = run.account_id AND w.id = run.window_id
            LEFT JOIN LATERAL (
                SELECT units FROM usage_allowance a
                WHERE a.account_id = d.account_id AND a.pattern = w.pattern AND a.effective_from <= d.occurred_at
                  AND (a.recorded_at, a.id) < (d.recorded_at, d.id)
                ORDER BY a.effective_from DESC, a.recorded_at DESC, a.id DESC LIMIT 1) AS a ON true
            WHERE run.units > 0 AND (run.used <= a.units + w.carried_in
                - CASE WHEN w.turned_at <= d.recorded_at THEN w.carried_out ELSE 0 END) IS NOT TRUE""",
    ),
    Check(
        "windows_carry_what_they_were_left",
        Promise.CONSERVATION,
        "What went out of windows of an allowance went into others, and a window left something over only when it was over.",
        """SELECT account_id AS account, pattern, period, sum(carried_in) AS carried_in, sum(carried_out) AS carried_out
           FROM usage_allowancewindow GROUP BY 1, 2, 3
           HAVING sum(carried_in) <> sum(carried_out) OR bool_or(carried_out > 0 AND turned_at IS NULL)""",
    ),
    Check(
        "rollover_goes_from_window_to_window",
        Promise.AT_MOST_ONCE,
        "Where an account's windows always began on the same days, each has what the one before left over, once, as far as a rule said, "
        "and no window in between was left out.",
        """WITH rules AS (
               SELECT account_id, pattern, period, max(anchor) AS anchor, max(carries) AS carries FROM usage_allowance
               GROUP BY 1, 2, 3 HAVING count(DISTINCT wallets_period_start_v1('2000-12-31', period, anchor)) = 1),
           turned AS (
               SELECT w.*, r.carries, f.carried_out AS went_out, f.turned_at AS former_turned_at,
                      min(w.window_start) FILTER (WHERE w.turned_at IS NOT NULL) OVER (PARTITION BY w.account_id, w.pattern, w.period) AS first_turned
               FROM usage_allowancewindow w
               JOIN rules r ON r.account_id = w.account_id AND r.pattern = w.pattern AND r.period = w.period
               LEFT JOIN usage_allowancewindow f ON f.account_id = w.account_id AND f.pattern = w.pattern AND f.period = w.period
                   AND w.window_start = wallets_period_end_v1(f.window_start, r.period, r.anchor))
           SELECT account_id AS account, id AS window, window_start, carried_in, went_out, carried_out, carries FROM turned
           WHERE carried_in <> coalesce(went_out, 0) OR carried_out > coalesce(carries, 0)
              OR (turned_at IS NOT NULL AND window_start > first_turned AND former_turned_at IS NULL)""",
    ),
    Check(
        "hold_keeps_its_room",
        Promise.CONSERVATION,
        "A hold keeps of budgets what its lines come to and of allowances what covered them, less what its captures took.",
        """SELECT k.account_id AS account, k.hold_id AS hold, k.budget_id::text AS "where", k.tokens AS made, k.kept
           FROM usage_holdbudget k
           LEFT JOIN wallets_hold h ON h.account_id = k.account_id AND h.id = k.hold_id
           LEFT JOIN LATERAL (SELECT sum(tokens) AS tokens FROM usage_holdline l
                              WHERE l.account_id = k.account_id AND l.hold_id = k.hold_id AND l.position = ANY (k.lines)) AS l ON true
           LEFT JOIN (
               SELECT s.account_id, s.hold_id, c.budget_id, c.value, c.window_start, sum(u.tokens) AS tokens
               FROM usage_holdstep s
               JOIN usage_budgetuse u ON u.account_id = s.account_id AND u.debit_id = s.debit_id
               JOIN usage_budgetcount c ON c.account_id = u.account_id AND c.id = u.counter_id
               GROUP BY 1, 2, 3, 4, 5) AS taken
               ON taken.account_id = k.account_id AND taken.hold_id = k.hold_id
              AND taken.budget_id = k.budget_id AND taken.value = k.value AND taken.window_start = k.window_start
           WHERE (k.tokens = l.tokens AND (k.kept = greatest(k.tokens - coalesce(taken.tokens, 0), 0)
                  OR (k.kept = 0 AND (h.state <> 'held' OR h.expires_at <= clock_timestamp())))) IS NOT TRUE
           UNION ALL
           SELECT k.account_id, k.hold_id, k.pattern, k.units, k.kept
           FROM usage_holdcover k
           LEFT JOIN wallets_hold h ON h.account_id = k.account_id AND h.id = k.hold_id
           LEFT JOIN (
               SELECT s.account_id, s.hold_id, w.pattern, w.period, w.window_start, sum(u.units) AS units
               FROM usage_holdstep s
               JOIN usage_allowanceuse u ON u.account_id = s.account_id AND u.debit_id = s.debit_id
               JOIN usage_allowancewindow w ON w.account_id = u.account_id AND w.id = u.window_id
               GROUP BY 1, 2, 3, 4, 5) AS taken
               ON taken.account_id = k.account_id AND taken.hold_id = k.hold_id
              AND taken.pattern = k.pattern AND taken.period = k.period AND taken.window_start = k.window_start
           WHERE (k.kept = greatest(k.units - coalesce(taken.units, 0), 0)
                  OR (k.kept = 0 AND (h.state <> 'held' OR h.expires_at <= clock_timestamp()))) IS NOT TRUE
           UNION ALL
           SELECT l.account_id, l.hold_id, 'covered', l.units, k.units
           FROM (SELECT account_id, hold_id, sum(covered_quantity) AS units FROM usage_holdline GROUP BY 1, 2) AS l
           LEFT JOIN (SELECT account_id, hold_id, sum(units) AS units FROM usage_holdcover GROUP BY 1, 2) AS k
               ON k.account_id = l.account_id AND k.hold_id = l.hold_id
           WHERE l.units <> coalesce(k.units, 0)""",
    ),
)
