-- Take from the buckets of a ladder what a request asks of them, as it was judged. The caller holds the account's lock.
CREATE FUNCTION usage_take_v1(p_account uuid, p_buckets usage_bucket_use[], p_now timestamptz) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_use usage_bucket_use;
BEGIN
    FOREACH v_use IN ARRAY coalesce(p_buckets, '{}') LOOP
        UPDATE usage_bucket SET
            per_minute = v_use.per_minute, level = v_use.level - v_use.need * 60000000, taken_at = greatest(taken_at, p_now)
        WHERE account_id = p_account AND code = v_use.bucket;
        IF NOT FOUND THEN
            INSERT INTO usage_bucket (account_id, code, per_minute, level, taken_at)
            VALUES (p_account, v_use.bucket, v_use.per_minute, v_use.level - v_use.need * 60000000, p_now);
        END IF;
    END LOOP;
END
$$;
-- reverse:
DROP FUNCTION usage_take_v1(uuid, usage_bucket_use[], timestamptz);
