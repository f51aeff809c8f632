"""Lies about the units that months charged."""

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
