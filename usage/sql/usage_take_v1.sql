-- Take from the buckets of a ladder what a request asks of them, as it was judged. The caller holds the account's lock.
CREATE FUNCTION usage_take_v1(p_account uuid, p_buckets usage_bucket_use[], p_now timestamptz) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_use usage_bucket_use;
BEGIN
    FOREACH v_use IN ARRAY coalesce(p_buckets, '{}') LOOP
        INSERT INTO usage_bucket AS b (account_id, code, per_minute, level, taken_at)
        VALUES (p_account, v_use.bucket, v_use.per_minute, v_use.level - v_use.need * 60000000, p_now)
        ON CONFLICT (account_id, code) DO UPDATE SET
            per_minute = EXCLUDED.per_minute, level = EXCLUDED.level, taken_at = greatest(b.taken_at, EXCLUDED.taken_at);
    END LOOP;
END
$$;
-- reverse:
DROP FUNCTION usage_take_v1(uuid, usage_bucket_use[], timestamptz);
