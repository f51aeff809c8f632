"""What happened to trials that somebody may be told of: their end is near, they became a purchase."""

from config.kernel.facts import Facts, utc

_TRIAL = f"""'account', a.reference, 'trial', t.id, 'offer', o.name,
       'seller', coalesce(s.username, 'an order'), 'opportunity', t.opportunity,
       'grant', t.grant_id, 'token', u.code, 'tokens', t.tokens::text, 'spent', g.spent::text,
       'remaining', g.remaining::text, 'expires_at', {utc("g.expires_at")}"""
_ITS_NAMES = """
JOIN wallets_grant g ON g.id = t.grant_id AND g.account_id = t.customer_id
JOIN wallets_account a ON a.id = t.customer_id
JOIN billing_trialoffer o ON o.id = t.offer_id
LEFT JOIN auth_user s ON s.id = t.seller_id
JOIN wallets_tokenunit u ON u.id = t.unit_id
"""

# The reminder that the offer asks for, and those that a person sends; none after the end.
_EXPIRING = f"""
SELECT t.due AS at, 'trial.expiring' AS kind, concat_ws(':', t.id, extract(epoch FROM t.due)) AS fact,
       t.customer_id AS about, t.due AS occurred_at, jsonb_build_object({_TRIAL}) AS data
FROM ((SELECT *, remind_at AS due FROM billing_trial WHERE remind_at >= $since AND remind_at < $until OFFSET 0)
      UNION ALL
      (SELECT *, reminded_at FROM billing_trial WHERE reminded_at >= $since AND reminded_at < $until OFFSET 0)) t
{_ITS_NAMES}
WHERE g.expires_at > $read OR g.expires_at IS NULL
"""

_CONVERTED = f"""
SELECT t.converted_at AS at, 'trial.converted' AS kind, t.id::text AS fact, t.customer_id AS about,
       t.converted_at AS occurred_at,
       jsonb_build_object({_TRIAL}, 'kept', t.kept = 'kept', 'purchase', nullif(t.purchase, '')) AS data
FROM (SELECT * FROM billing_trial WHERE converted_at >= $since AND converted_at < $until OFFSET 0) t
{_ITS_NAMES}
"""

FACTS = (Facts("trials expiring", _EXPIRING), Facts("trials converted", _CONVERTED))
