"""What must hold of rate tables, their versions and their rates."""

from config.kernel.audit import (
    Check,
    Promise,
    amounts_are_numbers,
    constraints_stand,
    rights_are_few,
    triggers_stand,
)
from pricing.models import Feature, Product, Rate, RateTable, Version

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
        "A published version prices usage until the next one of its table begins, and the last one without end.",
        """SELECT table_id AS "table", number AS version, effective_until, next_from
           FROM (SELECT *, lead(effective_from) OVER (PARTITION BY table_id ORDER BY effective_from, id) AS next_from
                 FROM pricing_version WHERE published_at IS NOT NULL) AS published
           WHERE effective_until IS DISTINCT FROM next_from""",
    ),
    Check(
        "version_begins_no_earlier_than_published",
        Promise.RIGHT_PRICE,
        "A version starts when it is published or later; a draft has no start.",
        """SELECT table_id AS "table", number AS version, published_at, effective_from, effective_until FROM pricing_version
           WHERE CASE WHEN published_at IS NULL THEN effective_from IS NOT NULL OR effective_until IS NOT NULL
                      ELSE (effective_from >= published_at) IS NOT TRUE OR effective_until <= effective_from END""",
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
        "A rate table has counted at least as many price changes as it has published versions.",
        """SELECT t.id AS "table", t.code, e.epoch, coalesce(v.published, 0) AS published
           FROM pricing_ratetable t
           LEFT JOIN pricing_epoch e ON e.table_id = t.id
           LEFT JOIN (SELECT table_id, count(*) AS published FROM pricing_version
                      WHERE published_at IS NOT NULL GROUP BY 1) v ON v.table_id = t.id
           WHERE (e.epoch >= coalesce(v.published, 0)) IS NOT TRUE""",
    ),
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
        },
    ),
    constraints_stand("price_constraints_stand", (Feature, Product, Rate, RateTable, Version), ()),
    amounts_are_numbers("prices_are_numbers", {"pricing_rate": ("tokens", "per", "minimum", "cost")}),
)

CHECKS = (*PRICES, *GUARDS)
