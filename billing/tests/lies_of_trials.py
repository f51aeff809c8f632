"""Lies of trials and of moved expiries, as `billing.tests.lies`."""

from __future__ import annotations

from billing.tests.lies import lie

TRIALS = (
    lie(
        "a grant lives on behind its changes of expiry",
        "wallets_grant",
        "UPDATE wallets_grant SET expires_at = expires_at + interval '1 day' WHERE id = %(trial_grant)s",
        "grant_expiry_is_its_last_change",
    ),
    lie(
        "an expiry was moved from another than it was",
        "wallets_expirychange",
        "UPDATE wallets_expirychange SET expires_before = recorded_at WHERE grant_id = %(trial_grant)s",
        "grant_expiry_is_its_last_change trial_was_extended_once trial_ends_when_its_offer_says",
    ),
    lie(
        "a trial was of fewer tokens than its grant",
        "billing_trial",
        "UPDATE billing_trial SET tokens = tokens - 1 WHERE id = %(trial_extended)s",
        "trial_is_its_grant",
    ),
    lie(
        "a trial's tokens may leave their account",
        "wallets_grant",
        "UPDATE wallets_grant SET is_bound = false WHERE id = %(trial_grant)s",
        "trial_stays_with_its_account",
    ),
    lie(
        "a trial came with an order that there is not",
        "billing_trial",
        "UPDATE billing_trial SET seller_id = NULL WHERE id = %(trial_extended)s",
        "trial_of_an_order_is_issued_once",
    ),
    lie(
        "a trial goes on whose order was cancelled",
        "billing_ordertrial",
        "UPDATE billing_ordertrial SET state = 'issued' WHERE id = %(order_trial_ended)s",
        "order_trial_ends_with_its_line",
    ),
    lie(
        "a trial was used before anything was drawn",
        "billing_trial",
        "UPDATE billing_trial SET activated_at = issued_at WHERE id = %(trial_extended)s",
        "trial_was_first_used_when_it_says",
    ),
    lie(
        "a trial that waited for its first use got fewer days",
        "billing_trial",
        "UPDATE billing_trial SET days = days + 1 WHERE id = %(trial_waited)s",
        "trial_was_first_used_when_it_says",
    ),
    lie(
        "a trial that began at once ended on another day than its offer says",
        "billing_trial",
        "UPDATE billing_trial SET days = days + 1 WHERE id = %(trial_revoked)s",
        "trial_ends_when_its_offer_says",
    ),
    lie(
        "a free grant's expiry was told as that of a paid one",
        "billing_news",
        """INSERT INTO billing_news (kind, fact, about_id, occurred_at, recorded_at, data)
           SELECT 'grant.expiring', concat_ws(':', id, 7, extract(epoch FROM expires_at)), account_id, expires_at - interval '7 days',
                  clock_timestamp(), jsonb_build_object('grant', id, 'days', 7, 'paid', true, 'expires_at', expires_at)
           FROM wallets_grant WHERE id = %(trial)s""",
        "expiry_is_told_ahead",
    ),
    lie(
        "a trial was extended and lasts no longer",
        "billing_trial",
        "UPDATE billing_trial SET extension_days = 11 WHERE id = %(trial_extended)s",
        "trial_was_extended_once",
    ),
    lie(
        "a trial is called revoked that goes on",
        "billing_trial",
        "UPDATE billing_trial SET revoked_at = activated_at WHERE id = %(trial_waited)s",
        "trial_was_extended_once",
    ),
    lie(
        "a seller was allowed less than he issued",
        "billing_sellerallowance",
        "UPDATE billing_sellerallowance SET tokens = 29 WHERE seller_id = %(trial_seller)s",
        "trial_is_within_its_sellers_allowance",
    ),
    lie(
        "a trial was approved by nobody",
        "billing_trial",
        "UPDATE billing_trial SET request_id = NULL WHERE id = %(trial_approved)s",
        "trial_is_within_its_sellers_allowance trial_request_was_decided_by_somebody_else",
    ),
    lie(
        "a seller approved his own request",
        "billing_trialrequest",
        "UPDATE billing_trialrequest SET decided_by_id = seller_id WHERE id = %(trial_request)s",
        "trial_request_was_decided_by_somebody_else trial_constraints_stand",
        drop="trial_request_is_decided_by_somebody_else",
    ),
    lie(
        "the app may rewrite what sellers were allowed",
        "wallets_account",
        "GRANT UPDATE (tokens) ON billing_sellerallowance TO tokendesk_app",
        "trial_rights_are_few",
    ),
    lie(
        "a conversion is told to nobody",
        "billing_news",
        """UPDATE billing_newsreading SET read_until = clock_timestamp() + interval '1 hour';
           DELETE FROM billing_news WHERE kind = 'trial.converted' AND fact = %(trial_extended)s::text""",
        "fact_has_its_news",
    ),
)
