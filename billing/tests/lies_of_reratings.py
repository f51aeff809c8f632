"""Lies about re-ratings: what they gave back, what they charged in its place, and who had approved it."""

from billing.tests.lies import lie

RERATINGS = (
    lie(
        "a debit stands in another's place than its key says",
        "usage_debit",
        "UPDATE usage_debit SET key = 'rerating 0 ' || id WHERE id = %(counted_anew)s",
        "correction_is_whole debit_has_its_claim",
    ),
    lie(
        "a debit is charged in nobody's place",
        "usage_debit",
        "UPDATE usage_debit SET key = 'rerating 0 ' || id WHERE id = %(second)s",
        "correction_is_whole debit_has_its_claim",
    ),
    lie(
        "usage is charged anew that was somebody else's",
        "usage_debit",
        """UPDATE usage_debit SET subject = '{"user": "another"}' WHERE id = %(counted_anew)s""",
        "correction_is_of_the_same_usage",
    ),
    lie(
        "a re-rating was approved after it was booked",
        "usage_rerating",
        "UPDATE usage_rerating SET approved_at = approved_at + interval '1 day' WHERE id = %(rerating)s",
        "correction_was_approved",
    ),
    lie(
        "usage is charged anew that nobody asked for",
        "usage_rerating",
        "UPDATE usage_rerating SET since = until - interval '1 microsecond' WHERE id = %(rerating)s",
        "correction_was_approved",
    ),
    lie(
        "a re-rating was of other prices than it was booked by",
        "usage_rerating",
        "UPDATE usage_rerating SET version_id = %(old_prices)s WHERE id = %(rerating)s",
        "correction_is_priced_as_asked",
    ),
    lie(
        "usage that is charged anew stands elsewhere in its month",
        "usage_debitline",
        "UPDATE usage_debitline SET counted = counted + 1 WHERE debit_id = %(counted_anew)s",
        "correction_stands_where_its_usage_did correction_is_priced_as_asked",
    ),
    lie(
        "a debit was given back for one that is just the same",
        "usage_correction",
        """INSERT INTO usage_correction (account_id, rerating_id, debit_id, root_id, reversal_id, replacement_id, recorded_at)
           SELECT account_id, %(rerating)s, %(alike)s, %(alike)s, %(courtesy)s, %(alike_too)s, recorded_at
           FROM usage_debit WHERE id = %(alike)s""",
        "correction_changes_something correction_is_whole correction_was_approved correction_is_priced_as_asked",
    ),
    lie(
        "a courtesy is forgotten when usage is charged anew",
        "usage_correction",
        "UPDATE usage_correction SET courtesy_id = NULL WHERE replacement_id = %(partly_anew)s",
        "correction_gives_back_again_what_was",
    ),
    lie(
        "usage is said to have been charged first by another debit",
        "usage_correction",
        "UPDATE usage_correction SET root_id = %(charged_first)s WHERE replacement_id = %(partly_anew)s",
        "correction_keeps_its_root correction_gives_back_again_what_was",
    ),
    lie(
        "a re-rating is told to be taken back and is not",
        "usage_rerating",
        "UPDATE usage_rerating SET state = 'reverted', reverted_by = 'tom', reverted_at = now() WHERE id = %(rerating)s",
        "reverted_rerating_is_taken_back",
    ),
)
