"""Lies about the units that months charged, and about prices of an account's own."""

from billing.tests.lies import lie

TIERS = (
    lie(
        "a month forgets what it charged",
        "usage_tiercount",
        "UPDATE usage_tiercount SET units = units - 1 WHERE id = %(counter)s",
        "month_counts_its_lines",
    ),
    lie(
        "a line by tiers begins lower than its month stood",
        "usage_debitline",
        "UPDATE usage_debitline SET counted = 0 WHERE debit_id = %(across)s",
        "line_begins_where_the_month_stood line_is_priced_by_its_rate",
    ),
    lie(
        "a line by tiers is left out of its month",
        "usage_debitline",
        "UPDATE usage_debitline SET counted = NULL, counter_id = NULL WHERE debit_id = %(below)s",
        "line_by_tiers_is_counted month_counts_its_lines line_begins_where_the_month_stood line_is_priced_by_its_rate",
    ),
    lie(
        "units are counted to another month",
        "usage_tiercount",
        "UPDATE usage_tiercount SET month = month + interval '1 month' WHERE id = %(counter)s",
        "line_is_counted_where_it_belongs",
    ),
)

FORMULAS = (
    lie(
        "a formula came to less",
        "usage_debitline",
        "UPDATE usage_debitline SET formula_price = formula_price - 1 WHERE debit_id = %(reckoned)s",
        "line_by_a_formula_came_to_its_value line_is_priced_by_its_rate",
    ),
)

OWN_PRICES = (
    lie(
        "a line is charged without the account's own price",
        "usage_debitline",
        "UPDATE usage_debitline SET override_id = NULL WHERE debit_id = %(cheap)s",
        "line_is_priced_by_the_accounts_override line_is_priced_by_its_rate",
    ),
    lie(
        "a line is charged by a price that is nobody's",
        "usage_debitline",
        "UPDATE usage_debitline SET override_id = uuidv7() WHERE debit_id = %(cheap)s",
        "line_is_priced_by_the_accounts_override override_of_a_line_is_the_accounts line_is_priced_by_its_rate",
    ),
    lie(
        "an account's own price is changed",
        "usage_override",
        "UPDATE usage_override SET factor = 0.6 WHERE id = %(override)s",
        "line_is_priced_by_its_rate",
    ),
    lie(
        "an account stays on another version than it was charged by",
        "usage_pricelock",
        "UPDATE usage_pricelock SET version_id = %(second_version)s WHERE account_id = %(bargainer)s",
        "debit_stays_on_the_locked_version",
    ),
    lie(
        "it is forgotten that a rate table was withdrawn",
        "usage_termswithdrawal",
        "DELETE FROM usage_termswithdrawal WHERE account_id = %(hesitant)s",
        "debit_is_priced_by_the_accounts_table",
    ),
    lie(
        "a rate table that had begun was withdrawn",
        "usage_termswithdrawal",
        "UPDATE usage_termswithdrawal SET withdrawn_at = withdrawn_at + interval '5 days' WHERE account_id = %(hesitant)s",
        "withdrawn_terms_never_began",
    ),
    lie(
        "a rate table of another account was withdrawn",
        "usage_termswithdrawal",
        "UPDATE usage_termswithdrawal SET account_id = %(account)s WHERE account_id = %(hesitant)s",
        "withdrawn_terms_never_began debit_is_priced_by_the_accounts_table usage_constraints_stand",
        drop="usage_termswithdrawal_terms_id_same_account",
    ),
    lie(
        "a segment never had its table",
        "usage_segmentterms",
        "DELETE FROM usage_segmentterms WHERE segment_id = %(segment)s",
        "debit_is_priced_by_the_accounts_table",
    ),
)
