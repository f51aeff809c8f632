"""What must hold of idempotency keys: an effect and its key are one."""

from config.kernel.audit import Check, Promise

CLAIMS = (
    Check(
        "debit_has_its_claim",
        Promise.AT_MOST_ONCE,
        "Every debit stands under its idempotency key of its account and product, claimed when it was recorded.",
        """SELECT d.account_id AS account, d.id AS debit, d.recorded_at FROM usage_debit d
           LEFT JOIN usage_claim c ON c.effect_id = d.id AND c.account_id = d.account_id AND c.product_id = d.product_id
               AND c.key = d.key AND c.effect = 'debit' AND c.recorded_at = d.recorded_at
           WHERE c.effect_id IS NULL""",
    ),
    Check(
        "effect_has_one_claim",
        Promise.AT_MOST_ONCE,
        "No effect stands under two keys, but a seat, which answers its person again.",
        """SELECT effect, effect_id, count(*) AS claims FROM usage_claim WHERE effect <> 'checkout' GROUP BY 1, 2 HAVING count(*) > 1""",
    ),
    Check(
        "key_is_claimed_once",
        Promise.AT_MOST_ONCE,
        "A key of an account and a product is claimed once.",
        """SELECT account_id AS account, product_id AS product, key, count(*) AS claims FROM usage_claim
           GROUP BY 1, 2, 3 HAVING count(*) > 1""",
    ),
    Check(
        "claim_has_its_effect",
        Promise.AT_MOST_ONCE,
        "Every claimed key names an effect that its account has, recorded with it.",
        """SELECT c.account_id AS account, c.key, c.effect, c.effect_id FROM usage_claim c
           WHERE c.effect <> 'debit' AND NOT CASE c.effect
               WHEN 'reversal' THEN EXISTS (SELECT FROM usage_reversal r WHERE r.id = c.effect_id AND r.account_id = c.account_id
                                            AND r.recorded_at = c.recorded_at)
               WHEN 'grant' THEN EXISTS (SELECT FROM wallets_grant g WHERE g.id = c.effect_id AND g.account_id = c.account_id
                                         AND g.created_at = c.recorded_at)
               WHEN 'void' THEN EXISTS (SELECT FROM wallets_entry e WHERE e.cause_id = c.effect_id AND e.account_id = c.account_id
                                        AND e.kind = 'void' AND e.recorded_at = c.recorded_at)
               WHEN 'extend' THEN EXISTS (SELECT FROM wallets_expirychange x WHERE x.cause_id = c.effect_id AND x.account_id = c.account_id
                                          AND x.recorded_at = c.recorded_at)
               WHEN 'hold' THEN EXISTS (SELECT FROM usage_holdrequest h WHERE h.id = c.effect_id AND h.account_id = c.account_id
                                        AND h.product_id = c.product_id AND h.key = c.key AND h.recorded_at = c.recorded_at)
               WHEN 'release' THEN EXISTS (SELECT FROM usage_holdstep s WHERE s.id = c.effect_id AND s.account_id = c.account_id
                                           AND s.kind = 'release' AND s.recorded_at = c.recorded_at)
               WHEN 'transfer' THEN EXISTS (SELECT FROM wallets_entry e WHERE e.cause_id = c.effect_id AND e.account_id = c.account_id
                                            AND e.kind = 'transfer_out' AND e.recorded_at = c.recorded_at)
               WHEN 'checkout' THEN EXISTS (SELECT FROM usage_checkout s WHERE s.id = c.effect_id AND s.account_id = c.account_id
                                            AND s.started_at <= c.recorded_at)
               WHEN 'checkin' THEN EXISTS (SELECT FROM usage_checkout s WHERE s.id = c.effect_id AND s.account_id = c.account_id
                                           AND s.ended_by = 'checkin' AND s.ended_at = c.recorded_at)
               ELSE false END
           UNION ALL
           SELECT c.account_id, c.key, c.effect, c.effect_id FROM usage_claim c
           LEFT JOIN usage_debit d ON d.id = c.effect_id AND d.account_id = c.account_id
           WHERE c.effect = 'debit' AND d.id IS NULL""",
    ),
    Check(
        "reversal_has_its_claim",
        Promise.AT_MOST_ONCE,
        "A reversal stands under a key, or names who asked for it.",
        """SELECT r.account_id AS account, r.id AS reversal, r.recorded_at FROM usage_reversal r
           LEFT JOIN usage_claim c ON c.effect_id = r.id AND c.account_id = r.account_id AND c.effect = 'reversal'
           WHERE c.effect_id IS NULL AND r.recorded_by = ''""",
    ),
)
