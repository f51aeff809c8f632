"""Lies about roll-ups: sums that are not of their rows, and rows that no sum knows."""

from billing.tests.lies import lie

ROLLUPS = (
    lie(
        "usage is added to a quarter of an hour",
        "usage_usageslot",
        "UPDATE usage_usageslot SET tokens = tokens + 1 WHERE account_id = %(rolled)s AND series = 1",
        "rolled_up_is_its_usage day_is_its_quarters",
    ),
    lie(
        "usage is moved to another quarter of an hour",
        "usage_usageslot",
        "UPDATE usage_usageslot SET slot_at = date_trunc('day', slot_at, 'UTC') + (slot_at - date_trunc('day', slot_at, 'UTC') + interval '6 hours')"
        " - CASE WHEN extract(hour FROM slot_at AT TIME ZONE 'UTC') >= 18 THEN interval '1 day' ELSE interval '0' END"
        " WHERE account_id = %(rolled)s AND series = 2",
        "rolled_up_is_its_usage",
    ),
    lie(
        "a refusal is forgotten",
        "usage_usageslot",
        "DELETE FROM usage_usageslot WHERE account_id = %(rolled_refused)s AND series = 3",
        "rolled_up_is_its_usage day_is_its_quarters",
    ),
    lie(
        "a note of a refusal is lost",
        "usage_refusalnote",
        "INSERT INTO usage_refusalnote (account_id, denial_id, count)"
        " SELECT account_id, id, 1 FROM usage_denial WHERE account_id = %(rolled_refused)s",
        "rolled_up_is_its_usage",
    ),
    lie(
        "a debit was skipped",
        "usage_rollups",
        "UPDATE usage_rollups SET floor_at = clock_timestamp() + interval '1 hour'",
        "rolled_up_is_its_usage",
    ),
    lie(
        "usage is added to a day",
        "usage_usageday",
        "UPDATE usage_usageday SET calls = calls + 1 WHERE account_id = %(rolled)s AND series = 1"
        " AND day > (SELECT slots_since FROM usage_rollups)",
        "day_is_its_quarters total_is_its_days",
    ),
    lie(
        "usage is added to a day long ago",
        "usage_usageday",
        "UPDATE usage_usageday SET quantity = quantity + 1 WHERE account_id = %(rolled)s AND series = 3"
        " AND day < (SELECT slots_since FROM usage_rollups)",
        "rolled_up_is_its_usage",
    ),
    lie(
        "the sum of all accounts is another",
        "usage_usagetotal",
        "UPDATE usage_usagetotal SET refused = refused + 1 WHERE ctid = (SELECT min(ctid) FROM usage_usagetotal)",
        "total_is_its_days",
    ),
    lie(
        "usage is called by another name",
        "usage_usagemix",
        """UPDATE usage_usagemix SET "user" = 'u-2' WHERE account_id = %(rolled)s AND "user" = 'u-1'""",
        "mix_is_its_content rolled_up_is_its_usage",
    ),
)
