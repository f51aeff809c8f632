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

# So many days before the expiry a step is due, and it is over when the next one is due.
_STEPS = ((60, 30), (30, 7), (7, 1), (1, 0))
_DUE = " UNION ALL ".join(
    f"""(SELECT {days} AS days, * FROM wallets_grant
         WHERE is_open AND expires_at >= $since + interval '{days} days'
           AND expires_at < $until + interval '{days} days'
           AND expires_at > $until + interval '{following} days' OFFSET 0)"""
    for days, following in _STEPS
)
# What is made later than a step never takes it. A new expiry has steps of its own.
_EXPIRING = f"""
SELECT g.expires_at - make_interval(days => g.days) AS at, 'grant.expiring' AS kind,
       concat_ws(':', g.id, g.days, extract(epoch FROM g.expires_at)) AS fact, g.account_id AS about,
       g.expires_at - make_interval(days => g.days) AS occurred_at,
       jsonb_build_object({_GRANT}, 'remaining', g.remaining::text, 'days', g.days) AS data
FROM ({_DUE}) g {_ITS_NAMES}
WHERE g.created_at < g.expires_at - make_interval(days => g.days)
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
