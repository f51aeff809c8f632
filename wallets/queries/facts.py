"""What happened to grants that somebody may be told of: made, about to expire, expired."""

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
FROM wallets_grant g {_ITS_NAMES}
LEFT JOIN wallets_entry e
    ON e.account_id = g.account_id AND e.cause_id = g.id AND e.grant_id = g.id AND e.kind = 'grant'
WHERE g.id >= $least AND uuid_extract_timestamp(g.id) < $until
"""

_EXPIRED = f"""
SELECT uuid_extract_timestamp(e.id) AS at, 'grant.expired' AS kind, e.id::text AS fact, e.account_id AS about,
       e.recorded_at AS occurred_at,
       jsonb_build_object({_GRANT}, 'tokens', e.amount::text, 'entry', e.number, 'cause', e.cause_kind) AS data
FROM wallets_entry e JOIN wallets_grant g ON g.id = e.grant_id AND g.account_id = e.account_id {_ITS_NAMES}
WHERE e.kind = 'expire' AND e.id >= $least AND uuid_extract_timestamp(e.id) < $until
"""

# A step is due so many days before the expiry, and over when the next one is due. What is made later than a step never
# takes it. A new expiry has steps of its own.
_EXPIRING = f"""
SELECT g.expires_at - make_interval(days => step.days) AS at, 'grant.expiring' AS kind,
       concat_ws(':', g.id, step.days, extract(epoch FROM g.expires_at)) AS fact, g.account_id AS about,
       g.expires_at - make_interval(days => step.days) AS occurred_at,
       jsonb_build_object({_GRANT}, 'remaining', g.remaining::text, 'days', step.days) AS data
FROM (VALUES (60, 30), (30, 7), (7, 1), (1, 0)) AS step (days, next)
JOIN wallets_grant g ON g.is_open
    AND g.expires_at >= $since + make_interval(days => step.days)
    AND g.expires_at < $until + make_interval(days => step.days)
    AND g.expires_at > $until + make_interval(days => step.next) {_ITS_NAMES}
WHERE g.created_at < g.expires_at - make_interval(days => step.days)
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
)
