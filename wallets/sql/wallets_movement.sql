-- What each ledger entry moved, bucket by bucket: the reading side of wallets_post_v1.
CREATE VIEW wallets_movement AS
SELECT
    id, account_id, wallet_id, grant_id, overage_id, number, kind, amount, cause_kind, cause_id, recorded_at,
    balance_after - balance_before AS d_balance,
    CASE WHEN kind IN ('grant', 'transfer_in') THEN amount WHEN kind = 'transfer_out' THEN -amount ELSE 0 END AS d_tokens,
    CASE WHEN kind IN ('grant', 'transfer_in', 'restore', 'late_hold') THEN amount
         WHEN kind IN ('draw', 'transfer_out', 'repay', 'expire', 'void') THEN -amount ELSE 0 END AS d_remaining,
    CASE WHEN kind IN ('draw', 'late_draw', 'repay') THEN amount WHEN kind = 'restore' THEN -amount ELSE 0 END AS d_spent,
    CASE WHEN kind = 'expire' THEN amount WHEN kind IN ('late_draw', 'late_hold') THEN -amount ELSE 0 END AS d_expired,
    CASE WHEN kind = 'void' THEN amount ELSE 0 END AS d_voided,
    CASE WHEN kind = 'overage' THEN amount WHEN kind IN ('repay', 'overage_reversal', 'settle') THEN -amount ELSE 0 END AS d_overage
FROM wallets_entry;
-- reverse:
DROP VIEW wallets_movement;
