"""What happened to grants and holds that somebody may be told of: made, about to expire, expired."""

from config.kernel.facts import Facts, utc

_GRANT = f"""'account', a.reference, 'grant', g.id, 'kind', g.kind, 'paid', g.kind = 'purchase', 'token', u.code,
       'effective_at', {utc("g.effective_at")}, 'expires_at', {utc("g.expires_at")}, 'features', to_jsonb(g.features),
       'external_id', g.external_id"""
_ITS_NAMES = """
JOIN wallets_account a ON a.id = g.account_id
JOIN wallets_wallet w ON w.id = g.wallet_id AND w.account_id = g.account_id
JOIN wallets_tokenunit u ON u.id = w.unit_id
"""

_CREATED = f"""
SELECT uuid_extract_timestamp(g.id) AS at, 'grant.created' AS kind, g.id::text AS fact, g.account_id AS about,
       g.created_at AS occurred_at,
       jsonb_build_object({_GRANT}, 'tokens', coalesce(e.amount, g.tokens)::text, 'transferred', e.id IS NULL) AS data
FROM (SELECT * FROM wallets_grant WHERE id >= $least OFFSET 0) g {_ITS_NAMES}
LEFT JOIN wallets_entry e
    ON e.account_id = g.account_id AND e.cause_id = g.id AND e.grant_id = g.id AND e.kind = 'grant'
WHERE uuid_extract_timestamp(g.id) < $until
"""

_EXPIRED = f"""
SELECT uuid_extract_timestamp(e.id) AS at, 'grant.expired' AS kind, e.id::text AS fact, e.account_id AS about,
       e.recorded_at AS occurred_at,
       jsonb_build_object({_GRANT}, 'tokens', e.amount::text, 'entry', e.number, 'cause', e.cause_kind) AS data
FROM (SELECT * FROM wallets_entry WHERE kind = 'expire' AND id >= $least OFFSET 0) e
JOIN wallets_grant g ON g.id = e.grant_id AND g.account_id = e.account_id {_ITS_NAMES}
WHERE uuid_extract_timestamp(e.id) < $until
"""

# So many days of the account's calendar before the expiry a step is due, and it is over when the next one is due.
# Clocks are changed by less than three hours.
_STEPS = ((60, 30), (30, 7), (7, 1), (1, 0))
_DUE = " UNION ALL ".join(
    f"""(SELECT {days} AS days, {following} AS following, wallets_days_of_v1(account_id, expires_at, -{days}) AS due, *
         FROM wallets_grant
         WHERE is_open AND expires_at >= $since + interval '{days} days -3 hours'
           AND expires_at < $until + interval '{days} days 3 hours'
           AND expires_at > $read + interval '{following} days -3 hours' OFFSET 0)"""
    for days, following in _STEPS
)
# What is made later than a step never takes it, nor does an expiry that came later. A new expiry has steps of its own.
_EXPIRING = f"""
SELECT g.due AS at, 'grant.expiring' AS kind,
       concat_ws(':', g.id, g.days, extract(epoch FROM g.expires_at)) AS fact, g.account_id AS about,
       g.due AS occurred_at,
       jsonb_build_object({_GRANT}, 'remaining', g.remaining::text, 'days', g.days) AS data
FROM ({_DUE}) g {_ITS_NAMES}
WHERE g.due >= $since AND g.due < $until AND g.created_at < g.due
  AND wallets_days_of_v1(g.account_id, g.expires_at, -g.following) > $read
  AND NOT EXISTS (SELECT FROM wallets_expirychange c WHERE c.account_id = g.account_id AND c.grant_id = g.id
                  AND c.recorded_at >= g.due)
"""

# Its end is written down once, by whatever noticed it: the job, or a movement or a read before that.
# A hold that kept neither tokens nor room any more has an entry of nothing.
_HOLD_EXPIRED = f"""
SELECT uuid_extract_timestamp(h.ended_by) AS at, 'hold.expired' AS kind, h.id::text AS fact, h.account_id AS about,
       h.ended_at AS occurred_at,
       jsonb_build_object('account', a.reference, 'hold', h.id, 'token', u.code, 'tokens', back.tokens::text,
           'lapsed', lost.tokens::text, 'overage', back.overage::text, 'expires_at', {utc("h.expires_at")}) AS data
FROM (SELECT e.id AS ended_by, h.*
      FROM (SELECT DISTINCT ON (hold_id) id, hold_id, account_id FROM wallets_holdentry
            WHERE kind = 'expired' AND id >= $least ORDER BY hold_id, id OFFSET 0) e
      CROSS JOIN LATERAL (SELECT * FROM wallets_hold WHERE id = e.hold_id AND account_id = e.account_id OFFSET 0) h
      OFFSET 0) h
JOIN wallets_account a ON a.id = h.account_id
JOIN wallets_wallet w ON w.id = h.wallet_id AND w.account_id = h.account_id
JOIN wallets_tokenunit u ON u.id = w.unit_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(tokens) FILTER (WHERE kind = 'expired' AND grant_id IS NOT NULL), 0.000000) AS tokens,
           coalesce(sum(tokens) FILTER (WHERE kind = 'expired' AND grant_id IS NULL), 0.000000) AS overage
    FROM wallets_holdentry WHERE hold_id = h.id) AS back
CROSS JOIN LATERAL (
    SELECT coalesce(sum(amount) FILTER (WHERE kind IN ('expire', 'void')), 0.000000) AS tokens
    FROM wallets_entry WHERE cause_id = h.id) AS lost
WHERE uuid_extract_timestamp(h.ended_by) < $until
"""

FACTS = (
    Facts("grants created", _CREATED),
    Facts("grants expired", _EXPIRED),
    Facts(
        "grants expiring",
        _EXPIRING,
        # It had nothing left when the step was due, and was given something back since.
        excused="""EXISTS (SELECT FROM wallets_entry e
                           WHERE e.grant_id = split_part(f.fact, ':', 1)::uuid AND e.kind = 'restore')""",
    ),
    Facts("holds expired", _HOLD_EXPIRED),
)
