"""What must hold of prices that are an account's own: overrides and price locks."""

from config.kernel.audit import Check, Promise
from usage.queries.audit_prices import LOCK, MATCHES, RANK
from usage.queries.audit_sources import LINES, PRICED

OWN_PRICES = (
    Check(
        "line_is_priced_by_the_accounts_override",
        Promise.RIGHT_PRICE,
        "A line is priced by the account's closest override of the time of the usage, as recorded by then, and where there is none by none.",
        f"""WITH own AS (SELECT DISTINCT account_id FROM usage_override)
            SELECT l.account_id AS account, l.debit_id AS debit, l.position, l.override_id AS override, best.id AS in_force
            FROM {LINES} AS l
            JOIN {PRICED} AS d ON d.id = l.debit_id AND d.account_id = l.account_id
            JOIN pricing_feature f ON f.id = l.feature_id
            LEFT JOIN LATERAL (
                SELECT o.id FROM (
                    SELECT DISTINCT ON (feature, dimensions) * FROM usage_override
                    WHERE account_id = l.account_id AND recorded_at <= d.judged_at AND effective_from <= d.occurred_at
                    ORDER BY feature, dimensions, effective_from DESC, recorded_at DESC, id DESC) AS o
                WHERE o.kind <> 'none' AND (o.effective_until IS NULL OR o.effective_until > d.occurred_at)
                  AND {MATCHES.format(rate="o", feature="f.code", dimensions="l.dimensions")}
                ORDER BY {RANK.format(rate="o")} DESC LIMIT 1) AS best ON true
            WHERE l.account_id IN (SELECT account_id FROM own) AND l.override_id IS DISTINCT FROM best.id
              AND d.chosen IS DISTINCT FROM 'as it was'""",
    ),
    Check(
        "override_of_a_line_is_the_accounts",
        Promise.RIGHT_PRICE,
        "The override of a line exists and is of the same account.",
        f"""SELECT l.account_id AS account, l.debit_id AS debit, l.position, l.override_id AS override
           FROM {LINES} AS l LEFT JOIN usage_override o ON o.id = l.override_id AND o.account_id = l.account_id
           WHERE l.override_id IS NOT NULL AND o.id IS NULL""",
    ),
    Check(
        "debit_stays_on_the_locked_version",
        Promise.RIGHT_PRICE,
        "A debit of an account that stays on a version is priced by that version.",
        f"""SELECT d.account_id AS account, d.id AS debit, d.version_id AS version, lock.version_id AS locked
            FROM {PRICED} AS d CROSS JOIN LATERAL ({LOCK}) AS lock
            WHERE d.chosen IS NULL AND lock.version_id <> d.version_id""",
    ),
)
