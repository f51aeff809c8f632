"""What happened to top-ups that somebody may be told of: one waits for its payment, one was refused."""

from __future__ import annotations

from config.kernel.facts import Facts

_DATA = """'account', a.reference, 'top_up', t.id, 'token', u.code, 'sku', t.sku, 'quantity', t.quantity,
       'tokens', t.tokens::text, 'amount', trim_scale(t.amount)::text, 'currency', nullif(t.currency, ''),
       'available', t.available::text"""
_ITS_NAMES = """
JOIN billing_topuprule r ON r.id = t.rule_id AND r.account_id = t.account_id
JOIN wallets_account a ON a.id = t.account_id
JOIN wallets_tokenunit u ON u.id = r.unit_id
"""

_PENDING = f"""
SELECT uuid_extract_timestamp(t.id) AS at, 'top_up.pending' AS kind, t.id::text AS fact, t.account_id AS about,
       t.reached_at AS occurred_at, jsonb_build_object({_DATA}) AS data
FROM (SELECT * FROM billing_topup WHERE id >= $least AND needs_payment OFFSET 0) t {_ITS_NAMES}
WHERE uuid_extract_timestamp(t.id) < $until AND t.quantity > 0
"""

# Only the breaker writes a rule at the instant of a refusal, in the same transaction.
_REFUSED = f"""
SELECT t.settled_at AS at, 'top_up.refused' AS kind, t.id::text AS fact, t.account_id AS about,
       t.settled_at AS occurred_at,
       jsonb_build_object({_DATA}, 'reason', t.reason, 'broken', EXISTS (
           SELECT FROM billing_historicaltopuprule h
           WHERE h.id = t.rule_id AND h.is_broken AND h.set_at = t.settled_at)) AS data
FROM (SELECT * FROM billing_topup
      WHERE state = 'refused' AND settled_at >= $since AND settled_at < $until OFFSET 0) t {_ITS_NAMES}
"""

FACTS = (Facts("top-ups pending", _PENDING), Facts("top-ups refused", _REFUSED))
