"""What must hold of rate tables, their versions and their rates."""

from config.kernel.audit import (
    Check,
    Promise,
    amounts_are_numbers,
    constraints_stand,
    rights_are_few,
    triggers_stand,
)
from pricing.models import (
    CostImport,
    CostRate,
    Decision,
    Feature,
    Product,
    Rate,
    RateTable,
    Review,
    ReviewRule,
    Version,
)

PRICES = (
    Check(
        "versions_never_overlap",
        Promise.RIGHT_PRICE,
        "A rate table has one published version in force at any instant.",
        """SELECT one.table_id AS "table", one.number AS version, one.effective_from, one.effective_until, other.number AS overlaps
           FROM pricing_version one JOIN pricing_version other ON other.table_id = one.table_id AND other.id > one.id
           WHERE one.published_at IS NOT NULL AND other.published_at IS NOT NULL
             AND tstzrange(one.effective_from, one.effective_until) && tstzrange(other.effective_from, other.effective_until)""",
    ),
    Check(
        "version_ends_where_the_next_begins",
        Promise.RIGHT_PRICE,
        "A published version prices usage until the next one of its table begins, and the last one without end; none that was withdrawn.",
        """SELECT table_id AS "table", number AS version, effective_until, next_from
           FROM (SELECT *, lead(effective_from) OVER (PARTITION BY table_id ORDER BY effective_from, id) AS next_from
                 FROM pricing_version WHERE published_at IS NOT NULL AND effective_until IS DISTINCT FROM effective_from) AS published
           WHERE effective_until IS DISTINCT FROM next_from""",
    ),
    Check(
        "version_begins_no_earlier_than_published",
        Promise.RIGHT_PRICE,
        "A version starts when it is published or later; a draft has no start.",
        """SELECT table_id AS "table", number AS version, published_at, effective_from, effective_until FROM pricing_version
           WHERE CASE WHEN published_at IS NULL THEN effective_from IS NOT NULL OR effective_until IS NOT NULL
                      ELSE (effective_from >= published_at) IS NOT TRUE OR effective_until < effective_from END""",
    ),
    Check(
        "withdrawn_version_never_began",
        Promise.RIGHT_PRICE,
        "A version that prices nothing was withdrawn after it was published and before it began, and no other was withdrawn.",
        """SELECT v.table_id AS "table", v.number AS version, v.published_at, v.effective_from, v.effective_until, w.withdrawn_at
           FROM pricing_version v FULL JOIN pricing_withdrawal w ON w.version_id = v.id
           WHERE (w.id IS NOT NULL OR v.effective_until = v.effective_from)
             AND (v.effective_until = v.effective_from AND w.withdrawn_at >= v.published_at AND w.withdrawn_at < v.effective_from) IS NOT TRUE""",
    ),
    Check(
        "decision_is_by_a_second_person",
        Promise.RIGHT_PRICE,
        "Nobody decided on a draft that they opened, edited or asked approval for themselves.",
        """SELECT r.table_id AS "table", r.number AS version, d.verdict, d.decided_by_id AS decided_by
           FROM pricing_decision d JOIN pricing_review r ON r.id = d.review_id
           WHERE d.decided_by_id = r.asked_by_id OR d.asked_by_id IS DISTINCT FROM r.asked_by_id
              OR EXISTS (SELECT FROM pricing_historicalversion h
                         WHERE h.id = r.version_id AND h.history_user_id = d.decided_by_id AND h.history_type <> '-'
                           AND h.published_at IS NULL AND h.revision <= r.revision)""",
    ),
    Check(
        "published_by_approval_of_what_it_says",
        Promise.RIGHT_PRICE,
        "A version published by approval says what was approved, and one that needed approval has it.",
        """SELECT v.table_id AS "table", v.number AS version, v.needs_review, v.review_id AS review
           FROM pricing_version v
           LEFT JOIN pricing_review r ON r.id = v.review_id
           LEFT JOIN pricing_decision d ON d.review_id = r.id
           WHERE CASE WHEN v.review_id IS NULL THEN v.needs_review
                      ELSE (r.version_id = v.id AND d.verdict = 'approved' AND r.digest = pricing_content_v1(v.id)) IS NOT TRUE END""",
    ),
    Check(
        "rate_is_in_form",
        Promise.EXACT,
        "A rate prices a positive quantity by no negative amount, and rounds in a known way.",
        """SELECT id AS rate, version_id AS version, feature, tokens, per, minimum, rounding, cost FROM pricing_rate
           WHERE tokens < 0 OR per <= 0 OR minimum < 0 OR cost < 0 OR feature = ''
              OR rounding NOT IN ('half_up', 'half_even', 'up', 'down') OR jsonb_typeof(dimensions) <> 'object'""",
    ),
    Check(
        "rate_is_priced_once_in_a_version",
        Promise.RIGHT_PRICE,
        "A version has one rate for a feature or pattern and its dimensions.",
        """SELECT version_id AS version, feature, dimensions, count(*) AS rates FROM pricing_rate
           GROUP BY 1, 2, 3 HAVING count(*) > 1""",
    ),
    Check(
        "epoch_counts_every_publish",
        Promise.RIGHT_PRICE,
        "A rate table has counted at least as many price changes as it has published and withdrawn versions.",
        """SELECT t.id AS "table", t.code, e.epoch, coalesce(v.changes, 0) AS changes
           FROM pricing_ratetable t
           LEFT JOIN pricing_epoch e ON e.table_id = t.id
           LEFT JOIN (SELECT table_id, count(*) + count(*) FILTER (WHERE effective_until = effective_from) AS changes
                      FROM pricing_version WHERE published_at IS NOT NULL GROUP BY 1) v ON v.table_id = t.id
           WHERE (e.epoch >= coalesce(v.changes, 0)) IS NOT TRUE""",
    ),
    Check(
        "cost_is_in_form",
        Promise.EXACT,
        "A cost is never negative, is of a component of a model, and came by an import or by hand for a reason.",
        """SELECT id AS cost_rate, model, component, cost, currency, source FROM pricing_costrate
           WHERE cost < 0 OR model = '' OR provider = '' OR component = '' OR above < 0 OR currency !~ '^[A-Z]{3}$'
              OR source NOT IN ('import', 'manual') OR (source = 'import') <> (imported_by_id IS NOT NULL)
              OR (source = 'manual' AND reason = '')""",
    ),
)

# What was read of costs, asked, decided, refused and edited: added to, and never changed.
FACTS = (
    *("pricing_costimport", "pricing_costrate"),
    *("pricing_review", "pricing_decision", "pricing_refusal"),
    *("pricing_historicalversion", "pricing_historicalrate"),
)

GUARDS = (
    triggers_stand(
        "price_triggers_stand",
        {
            "pricing_product": (
                *("pricing_product_only_grows", "pricing_product_never_empties"),
                "pricing_product_keeps_its_code",
            ),
            "pricing_feature": (
                *("pricing_feature_only_grows", "pricing_feature_never_empties"),
                "pricing_feature_keeps_its_code",
            ),
            "pricing_ratetable": (
                *("pricing_ratetable_only_grows", "pricing_ratetable_never_empties"),
                *("pricing_ratetable_keeps_its_code", "pricing_ratetable_counts_its_changes"),
            ),
            "pricing_epoch": ("pricing_epoch_only_grows", "pricing_epoch_never_empties"),
            "pricing_version": ("pricing_version_stays", "pricing_version_never_empties"),
            **{
                table: (f"{table}_only_grows", f"{table}_never_empties")
                for table in (*FACTS, "pricing_withdrawal", "pricing_reviewrule")
            },
            "pricing_review": (
                *("pricing_review_only_grows", "pricing_review_never_empties"),
                "pricing_review_is_of_a_draft",
            ),
            "pricing_decision": (
                *("pricing_decision_only_grows", "pricing_decision_never_empties"),
                "pricing_decision_is_by_a_second_person",
            ),
            "pricing_rate": (
                *("pricing_rate_stays_on_insert", "pricing_rate_stays_on_update"),
                *("pricing_rate_stays_on_delete", "pricing_rate_never_empties"),
            ),
        },
    ),
    rights_are_few(
        "price_rights_are_few",
        {
            "pricing_epoch": "INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER",
            "pricing_version": "TRUNCATE, TRIGGER",
            "pricing_rate": "TRUNCATE, TRIGGER",
            "pricing_withdrawal": "INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER",
            "pricing_reviewrule": "DELETE, TRUNCATE, TRIGGER",
            **dict.fromkeys(FACTS, "UPDATE, DELETE, TRUNCATE, TRIGGER"),
        },
    ),
    constraints_stand(
        "price_constraints_stand",
        (CostImport, CostRate, Decision, Feature, Product, Rate, RateTable, Review, ReviewRule, Version),
        (),
    ),
    amounts_are_numbers(
        "prices_are_numbers",
        {"pricing_rate": ("tokens", "per", "minimum", "cost"), "pricing_costrate": ("cost",)},
    ),
)

CHECKS = (*PRICES, *GUARDS)
