"""Lies about seats."""

from billing.tests.lies import lie

SEATS = (
    lie(
        "a seat that was given back is still taken",
        "usage_checkout",
        "UPDATE usage_checkout SET ended_at = NULL, ended_by = '' WHERE id = %(base_seat)s",
        "seat_is_where_its_moves_left_it claim_has_its_effect",
    ),
    lie(
        "the account never had the base seat that was taken",
        "usage_seats",
        "DELETE FROM usage_seats WHERE account_id = %(office)s",
        "base_seats_never_exceed_the_entitlement",
    ),
    lie(
        "an interval was charged less than the seat says",
        "usage_checkoutcharge",
        "DELETE FROM usage_checkoutcharge WHERE checkout_id = %(overflow_seat)s AND number = 2",
        "interval_is_charged_once charge_of_a_seat_is_an_interval seat_is_paid_until_its_last_interval_ends",
    ),
    lie(
        "an interval is of another debit",
        "usage_checkoutcharge",
        "UPDATE usage_checkoutcharge SET debit_id = %(first)s WHERE checkout_id = %(overflow_seat)s AND number = 1",
        "interval_is_charged_once charge_of_a_seat_is_an_interval",
    ),
    lie(
        "an interval began before its seat was taken",
        "usage_checkoutcharge",
        "UPDATE usage_checkoutcharge SET begins_at = begins_at - interval '1 hour', ends_at = ends_at - interval '1 hour' "
        "WHERE checkout_id = %(early_seat)s",
        "interval_is_charged_once seat_is_paid_until_its_last_interval_ends unused_part_is_given_back",
    ),
    lie(
        "an interval was charged to somebody else",
        "usage_debit",
        """UPDATE usage_debit SET subject = '{"user": "eve"}' WHERE id = %(early_debit)s""",
        "charge_of_a_seat_is_an_interval",
    ),
    lie(
        "a seat is paid for longer than its last interval",
        "usage_checkout",
        "UPDATE usage_checkout SET charged_until = charged_until + interval '1 hour' WHERE id = %(overflow_seat)s",
        "seat_is_paid_until_its_last_interval_ends",
    ),
    lie(
        "a base seat is paid for",
        "usage_checkout",
        "UPDATE usage_checkout SET charged_until = started_at + interval '1 hour' WHERE id = %(moved_seat)s",
        "seat_is_paid_until_its_last_interval_ends",
    ),
    lie(
        "an interval lasted longer than its rate says",
        "usage_checkoutcharge",
        "UPDATE usage_checkoutcharge SET ends_at = ends_at + interval '1 hour' WHERE checkout_id = %(overflow_seat)s AND number = 2",
        "interval_lasts_as_its_rate_says seat_is_paid_until_its_last_interval_ends",
    ),
    lie(
        "somebody sat without having paid",
        "usage_checkoutcharge",
        "UPDATE usage_checkoutcharge SET debit_id = NULL WHERE checkout_id = %(paid_seat)s",
        "person_is_charged_once_in_its_time charge_of_a_seat_is_an_interval",
    ),
    lie(
        "somebody who had paid paid again",
        "usage_checkoutcharge",
        "UPDATE usage_checkoutcharge SET debit_id = %(paid_debit)s, ends_at = begins_at + interval '1 day' "
        "WHERE checkout_id = %(free_seat)s",
        "person_is_charged_once_in_its_time interval_is_charged_once seat_is_paid_until_its_last_interval_ends",
    ),
    lie(
        "what was unused is not said to be given back",
        "usage_reversal",
        "UPDATE usage_reversal SET reason = 'For nothing.' WHERE debit_id = %(early_debit)s",
        "unused_part_is_given_back",
    ),
    lie(
        "more was given back than was unused when the seat became a base seat",
        "usage_checkoutmove",
        "UPDATE usage_checkoutmove SET at = at + interval '10 minutes' WHERE checkout_id = %(moved_seat)s AND seat = 'base'",
        "unused_part_is_given_back",
    ),
)
