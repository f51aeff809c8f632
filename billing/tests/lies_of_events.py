"""Lies about usage events, their place in the queue, and what policy would have refused."""

from billing.tests.lies import lie

EVENTS = (
    lie(
        "an event's identity is lost, so that it could come again",
        "usage_eventidentity",
        "DELETE FROM usage_eventidentity WHERE event_id = %(event)s",
        "event_has_its_identity event_debit_has_its_event",
    ),
    lie(
        "an event is dropped from a month that is kept",
        "usage_event",
        "DELETE FROM usage_event WHERE id = %(event)s",
        "event_has_its_identity",
    ),
    lie(
        "an event that is booked waits again",
        "usage_waitingevent",
        """INSERT INTO usage_waitingevent (event_id, recorded_at, account, feature, lane, occurred_at, reason, detail, tries)
           SELECT id, recorded_at, account, feature, hashtext(account) & 15, occurred_at, '', '', 0 FROM usage_event
           WHERE id = %(event)s""",
        "event_waits_or_is_booked",
    ),
    lie(
        "an event is forgotten",
        "usage_waitingevent",
        "DELETE FROM usage_waitingevent WHERE event_id = %(stuck)s",
        "event_waits_or_is_booked",
    ),
    lie(
        "an event is booked twice",
        "usage_claim",
        """INSERT INTO usage_claim (account_id, product_id, key, fingerprint, effect, effect_id, recorded_at)
           SELECT account_id, product_id + 1, key, fingerprint, effect, %(second)s, recorded_at FROM usage_claim
           WHERE effect_id = %(event_debit)s""",
        "event_waits_or_is_booked effect_has_one_claim claim_has_its_effect",
    ),
    lie(
        "a debit names an event that never came",
        "usage_debit",
        "UPDATE usage_debit SET key = 'event ' || uuidv7() WHERE id = %(second)s",
        "event_debit_has_its_event debit_has_its_claim",
    ),
    lie(
        "an event was of more than was booked",
        "usage_event",
        "UPDATE usage_event SET quantity = quantity + 1 WHERE id = %(event)s",
        "event_is_booked_as_it_came",
    ),
    lie(
        "an event was of another time than its debit",
        "usage_event",
        "UPDATE usage_event SET occurred_at = occurred_at - interval '1 second' WHERE id = %(event)s",
        "event_is_booked_as_it_came",
    ),
    lie(
        "the queue takes an event for another's",
        "usage_waitingevent",
        "UPDATE usage_waitingevent SET account = 'another' WHERE event_id = %(stuck)s",
        "event_waits_as_it_came",
    ),
    lie(
        "an event waits in another lane than its account's",
        "usage_waitingevent",
        "UPDATE usage_waitingevent SET lane = (lane + 1) %% 16 WHERE event_id = %(stuck)s",
        "event_waits_as_it_came",
    ),
    lie(
        "an event is of nothing",
        "usage_event",
        "UPDATE usage_event SET quantity = 0 WHERE id = %(stuck)s",
        "event_is_in_form",
    ),
    lie(
        "a cost has no currency",
        "usage_event",
        "UPDATE usage_event SET cost = 1 WHERE id = %(stuck)s",
        "event_is_in_form",
    ),
    lie(
        "more is marked as beyond policy than was",
        "usage_beyondpolicy",
        "UPDATE usage_beyondpolicy SET tokens = tokens + 1 WHERE debit_id = %(event_debit)s",
        "mark_is_what_policy_would_have_refused",
    ),
    lie(
        "a debit beyond policy is not marked",
        "usage_beyondpolicy",
        "DELETE FROM usage_beyondpolicy WHERE debit_id = %(event_debit)s",
        "mark_is_what_policy_would_have_refused debit_was_judged_by_the_policy_in_force",
    ),
    lie(
        "a debit that asked first is marked as beyond policy",
        "usage_beyondpolicy",
        """INSERT INTO usage_beyondpolicy (account_id, debit_id, tokens, recorded_at)
           SELECT account_id, id, 1, recorded_at FROM usage_debit WHERE id = %(second)s""",
        "mark_is_what_policy_would_have_refused debit_was_judged_by_the_policy_in_force",
    ),
    lie(
        "a backfill was approved by nobody",
        "usage_backfill",
        "UPDATE usage_backfill SET closed_by = '' WHERE id = %(backfilled_by)s",
        "backfill_event_was_approved",
    ),
    lie(
        "an event was booked long after its time, with no backfill",
        "usage_backfillevent",
        "DELETE FROM usage_backfillevent WHERE backfill_id = %(backfilled_by)s",
        "debit_is_within_its_window",
    ),
    lie(
        "an event of an open backfill takes its turn",
        "usage_waitingevent",
        "UPDATE usage_waitingevent SET reason = '' WHERE event_id = %(gathered)s",
        "event_waits_for_its_backfill",
    ),
    lie(
        "an event waits for a backfill that it is not in",
        "usage_waitingevent",
        "UPDATE usage_waitingevent SET backfill_id = NULL WHERE event_id = %(gathered)s",
        "event_waits_for_its_backfill",
    ),
    lie(
        "a backfill is told to be taken back and is not",
        "usage_backfill",
        "UPDATE usage_backfill SET state = 'reverted', reverted_at = now() + interval '1 second' WHERE id = %(backfilled_by)s",
        "reverted_backfill_is_given_back",
    ),
    lie(
        "a month of events may be emptied",
        "wallets_account",
        """DO $$ DECLARE month text := 'usage_event_' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM'); BEGIN
               EXECUTE 'ALTER TABLE ' || month || ' DISABLE TRIGGER ' || month || '_never_empties'; END $$""",
        "event_months_are_guarded",
    ),
)
