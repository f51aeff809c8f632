"""What must hold of roll-ups: they come to what debits, reversals and refusals come to that they have taken."""

from config.kernel.audit import Check, Promise

_MEASURES = ("quantity", "covered", "tokens", "cost", "uncosted", "calls", "items", "refused")
_MIX = ("product_id", "feature_id", "unit_id", "cost_currency", "dimensions", '"user"', "team")
_SUMS = ", ".join(f"sum({each}) AS {each}" for each in _MEASURES)
_MINUS = ", ".join(f"-{each} AS {each}" for each in _MEASURES)
_DIFFER = f"HAVING ({', '.join(f'sum({each})' for each in _MEASURES)}) <> ({', '.join('0' * len(_MEASURES))})"

# Numbers of transactions mean nothing in a database that was restored or copied: of that nothing is said, the next turn begins anew.
# A minute before floor_at the readings still look, and know what they took by its transaction.
_REACHED = """
    r AS MATERIALIZED (
        SELECT u.since, u.until, pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next, u.debits_reached, u.reversals_reached,
               usage_first_id_v1(u.floor_at - interval '1 minute') AS floor, u.slots_since,
               CASE WHEN u.since = 0 AND u.until IS NOT NULL THEN usage_first_id_v1(u.next_floor_at) END AS first_floor
        FROM usage_rollups u, pg_control_system() AS c, pg_database AS b
        WHERE b.datname = current_database()
          AND u.home = concat_ws('/', c.system_identifier, b.oid, 'usage_debit'::regclass::oid, 'usage_reversal'::regclass::oid)
    )"""


def _taken(row: str, reached: str) -> str:
    """Whether a debit or a reversal was taken: by a reading that is closed, or by the one that is open."""
    number = f"usage_transaction_v1({row}.xmin::text::bigint, (SELECT next FROM r))"
    return f"""({row}.id < (SELECT floor FROM r) OR {number} < (SELECT since FROM r)
                OR {row}.id <= (SELECT {reached} FROM r) AND ({number} < (SELECT until FROM r) OR {row}.id < (SELECT first_floor FROM r)))"""


def _lines(recorded: str, sign: str, tokens: str, source: str, taken: str) -> str:
    """What lines of debits add, or take off. sign: of what is neither tokens nor refusals."""
    return f"""
        SELECT d.account_id, d.occurred_at, {recorded} AS recorded_at, d.product_id, l.feature_id, d.unit_id,
               CASE WHEN l.cost IS NOT NULL THEN l.cost_currency WHEN p.cost IS NOT NULL THEN p.cost_currency ELSE '' END AS cost_currency,
               l.dimensions, d.subject->>'user' AS "user", d.subject->>'team' AS team,
               {sign} * l.quantity AS quantity, {sign} * l.covered_quantity AS covered, {tokens} AS tokens,
               {sign} * coalesce(l.cost, l.quantity * p.cost, 0) AS cost,
               CASE WHEN coalesce(l.cost, p.cost) IS NULL THEN {sign} * l.quantity ELSE 0 END AS uncosted,
               {sign} * (l.position = 1)::int AS calls, {sign} AS items, 0 AS refused
        FROM {source} LEFT JOIN pricing_rate p ON p.id = l.rate_id
        WHERE {taken}"""


_LINE_OF_DEBIT = "JOIN usage_debitline l ON l.account_id = d.account_id AND l.debit_id = d.id"
_CHARGED = _lines(
    "d.recorded_at", "1", "l.tokens", f"usage_debit d {_LINE_OF_DEBIT}", _taken("d", "debits_reached")
)
_GIVEN_BACK = _lines(
    "v.recorded_at",
    "-v.is_whole::int",
    "-coalesce(b.tokens, 0)",
    f"""usage_reversal v JOIN usage_debit d ON d.account_id = v.account_id AND d.id = v.debit_id {_LINE_OF_DEBIT}
        LEFT JOIN usage_reversalline b ON b.account_id = v.account_id AND b.reversal_id = v.id AND b.position = l.position""",
    _taken("v", "reversals_reached"),
)
_REFUSED = """
        SELECT d.account_id, d.first_at, d.first_at, d.product_id, coalesce(f.id, 0), 0, '', coalesce((
                   SELECT item->'dimensions' FROM jsonb_array_elements(CASE jsonb_typeof(d.request->'items') WHEN 'array' THEN d.request->'items' ELSE '[]' END)
                       WITH ORDINALITY AS i (item, n) WHERE item->>'feature' = d.feature ORDER BY n LIMIT 1), '{}'),
               d.request->'subject'->>'user', d.request->'subject'->>'team', 0, 0, 0, 0, 0, 0, 0, d.count - coalesce(n.count, 0)
        FROM usage_denial d LEFT JOIN pricing_feature f ON f.code = d.feature
        LEFT JOIN (SELECT account_id, denial_id, sum(count) AS count FROM usage_refusalnote GROUP BY account_id, denial_id) AS n
            ON n.account_id = d.account_id AND n.denial_id = d.id
        WHERE EXISTS (SELECT FROM r)"""

_QUARTER = "date_bin('15 minutes', {0}, '2000-01-01 00:00:00+00')"
_OF_ITS_MIX = "LEFT JOIN usage_usagemix m ON m.account_id = c.account_id AND m.id = c.mix_id"

ROLLUPS = (
    Check(
        "rolled_up_is_its_usage",
        Promise.CONSERVATION,
        "A quarter of an hour of an account, or a day where quarters are kept no longer, comes to what its debits, reversals and refusals"
        " come to that are rolled up, each mix and series by itself.",
        f"""WITH {_REACHED}, part AS ({_CHARGED} UNION ALL {_GIVEN_BACK} UNION ALL {_REFUSED}
            ), added AS (
                SELECT account_id, {_QUARTER.format("occurred_at")} AS occurred_at, {_QUARTER.format("recorded_at")} AS recorded_at,
                       {", ".join(_MIX)}, {_SUMS}
                FROM part GROUP BY 1, 2, 3, {", ".join(_MIX)}
            ), raw AS (
                SELECT a.account_id, s.series, CASE WHEN s.at >= (SELECT slots_since FROM r) THEN s.at ELSE date_trunc('day', s.at, 'UTC') END AS at,
                       product_id, feature_id, unit_id, cost_currency, dimensions, CASE WHEN s.series > 2 THEN a."user" END AS "user",
                       CASE WHEN s.series > 2 THEN a.team END AS team, {", ".join(_MEASURES)}
                FROM added a, LATERAL (VALUES (1, a.occurred_at), (2, a.recorded_at), (3, a.occurred_at), (4, a.recorded_at)) AS s (series, at)
            ), rolled AS (
                SELECT account_id, series, slot_at AS at, mix_id, {_MINUS} FROM usage_usageslot WHERE slot_at >= (SELECT slots_since FROM r)
                UNION ALL
                SELECT account_id, series, day::timestamp AT TIME ZONE 'UTC', mix_id, {_MINUS} FROM usage_usageday
                WHERE day < (SELECT (slots_since AT TIME ZONE 'UTC')::date FROM r)
            )
            SELECT account_id AS account, series, at, {", ".join(_MIX)}, {_SUMS} FROM (
                SELECT account_id, series, at, {", ".join(_MIX)}, {", ".join(_MEASURES)} FROM raw
                UNION ALL
                SELECT c.account_id, c.series, c.at, {", ".join(f"m.{each}" for each in _MIX)}, {", ".join(f"c.{each}" for each in _MEASURES)}
                FROM rolled c {_OF_ITS_MIX}
            ) AS both_sides GROUP BY account_id, series, at, {", ".join(_MIX)} {_DIFFER}""",
    ),
    Check(
        "day_is_its_quarters",
        Promise.CONSERVATION,
        "A day of an account comes to what its quarters of an hour come to, where those are kept.",
        f"""SELECT account_id AS account, series, day, mix_id AS mix, {_SUMS} FROM (
                SELECT account_id, series, day, mix_id, {", ".join(_MEASURES)} FROM usage_usageday
                WHERE day >= (SELECT (slots_since AT TIME ZONE 'UTC')::date FROM usage_rollups)
                UNION ALL
                SELECT account_id, series, (slot_at AT TIME ZONE 'UTC')::date, mix_id, {_MINUS} FROM usage_usageslot
                WHERE slot_at >= (SELECT slots_since FROM usage_rollups)
            ) AS both_sides GROUP BY account_id, series, day, mix_id {_DIFFER}""",
    ),
    Check(
        "total_is_its_days",
        Promise.CONSERVATION,
        "A day of all accounts comes to what the days of each come to.",
        f"""SELECT series, day, product_id AS product, feature_id AS feature, unit_id AS unit, cost_currency AS currency, {_SUMS} FROM (
                SELECT series, day, product_id, feature_id, unit_id, cost_currency, {", ".join(_MEASURES)} FROM usage_usagetotal
                UNION ALL
                SELECT c.series, c.day, m.product_id, m.feature_id, m.unit_id, m.cost_currency, {_MINUS}
                FROM usage_usageday c {_OF_ITS_MIX} WHERE c.series <= 2
            ) AS both_sides GROUP BY series, day, product_id, feature_id, unit_id, cost_currency {_DIFFER}""",
    ),
    Check(
        "mix_is_its_content",
        Promise.SHAPE,
        "A mix has the identity of its content, so that the same usage is added to the same row.",
        """SELECT account_id AS account, id AS mix FROM usage_usagemix
           WHERE id NOT IN (SELECT usage_mix_v1(jsonb_build_array(by_subject, product_id, feature_id, unit_id, cost_currency, dimensions, "user", team))
                            FROM (VALUES (true), (false)) AS either (by_subject))""",
    ),
)
