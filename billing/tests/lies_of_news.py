"""Lies of what was told to whom, as `billing.tests.lies`."""

from __future__ import annotations

from billing.tests.lies import lie

LATER = "UPDATE billing_newsreading SET read_until = clock_timestamp() + interval '1 hour'; "
"""As if facts had been looked for long after they came to be."""

NEWS = (
    lie(
        "a grant is told to nobody",
        "billing_news",
        LATER + "DELETE FROM billing_news WHERE kind = 'grant.created' AND fact = %(bought)s::text",
        "fact_has_its_news",
    ),
    lie(
        "an expiry is told to nobody",
        "billing_news",
        LATER
        + """DELETE FROM billing_news WHERE kind = 'grant.expired'
             AND fact = (SELECT id::text FROM wallets_entry WHERE grant_id = %(brief)s AND kind = 'expire' LIMIT 1)""",
        "fact_has_its_news",
    ),
    lie(
        "the end of a hold is told to nobody",
        "billing_news",
        LATER + "DELETE FROM billing_news WHERE kind = 'hold.expired' AND fact = %(forgotten)s::text",
        "fact_has_its_news",
    ),
    lie(
        "a program is not told",
        "billing_delivery",
        "DELETE FROM billing_delivery WHERE endpoint_id = %(endpoint)s AND attempts = 0",
        "news_are_on_their_way_to_all",
    ),
    lie(
        "a person is not told",
        "billing_delivery",
        "DELETE FROM billing_delivery WHERE recipient_id = %(recipient)s",
        "news_are_on_their_way_to_all",
    ),
    lie(
        "an attempt is forgotten",
        "billing_attempt",
        "DELETE FROM billing_attempt WHERE delivery_id = %(delivered)s",
        "delivery_is_what_its_attempts_say",
    ),
    lie(
        "an attempt was never made",
        "billing_delivery",
        "UPDATE billing_delivery SET attempts = attempts + 1 WHERE id = %(delivered)s",
        "delivery_is_what_its_attempts_say",
    ),
    lie(
        "a failure is called delivered",
        "billing_attempt",
        "UPDATE billing_attempt SET error = 'It answered 500.' WHERE delivery_id = %(delivered)s",
        "delivery_is_what_its_attempts_say",
    ),
    lie(
        "news are no longer guarded",
        "wallets_account",
        "ALTER TABLE billing_news DISABLE TRIGGER billing_news_only_grows",
        "news_triggers_stand",
    ),
    lie(
        "the app may rewrite what was told",
        "wallets_account",
        "GRANT UPDATE ON billing_news TO tokendesk_app",
        "news_rights_are_few",
    ),
    lie(
        "a fact may be told twice",
        "wallets_account",
        "ALTER TABLE billing_news DROP CONSTRAINT news_tell_a_fact_once",
        "news_constraints_stand",
    ),
)
