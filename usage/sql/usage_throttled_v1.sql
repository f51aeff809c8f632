-- What the throttles of a ladder say to a request: added to the rest. Takes nothing from the buckets; the caller holds the account's lock.
-- A bucket holds one minute's allowance and is refilled continuously. Levels are kept times 60,000,000 (microseconds of a minute), so
-- that no division rounds. Refused first by what the bucket can never hold, else by the one that is to be waited for longest.
CREATE FUNCTION usage_throttled_v1(
    p_judged usage_judged, p_ladder usage_rule_ladder, p_account uuid, p_stocked numeric, p_tokens numeric, p_now timestamptz
) RETURNS usage_judged
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    v usage_judged := p_judged;
    v_throttle usage_rule_throttle;
    v_level numeric;
    v_need numeric;
    v_missing numeric;
    v_wait numeric;
    v_longest numeric := 0;
BEGIN
    v.buckets := '{}';
    FOREACH v_throttle IN ARRAY p_ladder.throttles LOOP
        CONTINUE WHEN v_throttle.share > 0 AND CASE
            WHEN p_stocked > 0 THEN (p_stocked - v.available) * 100 < v_throttle.share * p_stocked ELSE v.available > 0 END;
        SELECT least(v_throttle.per_minute * 60000000, b.level
                   + v_throttle.per_minute * greatest(extract(epoch FROM p_now - b.taken_at) * 1000000, 0))
        INTO v_level FROM usage_bucket b WHERE b.account_id = p_account AND b.code = v_throttle.bucket;
        v_level := coalesce(v_level, v_throttle.per_minute * 60000000);
        v_need := CASE v_throttle.measure WHEN 'calls' THEN 1 ELSE p_tokens END;
        v.buckets := v.buckets || ROW(
            v_throttle.bucket, v_throttle.scope, v_throttle.measure, v_throttle.share, v_throttle.per_minute, v_level, v_need)::usage_bucket_use;
        v_missing := v_need * 60000000 - v_level;
        CONTINUE WHEN v_missing <= 0 OR v.refusal = 'limit_reached';
        v_wait := div(v_missing, v_throttle.per_minute * 1000000)
                + (mod(v_missing, v_throttle.per_minute * 1000000) > 0)::integer;    -- seconds until there is enough
        CONTINUE WHEN v_need <= v_throttle.per_minute AND v_wait <= v_longest;
        v_longest := v_wait;
        v.refusal := CASE WHEN v_need > v_throttle.per_minute THEN 'limit_reached' ELSE 'throttled' END;
        v.figures := jsonb_build_object(
            'throttle', v_throttle.measure || '_per_minute', 'policy', v_throttle.scope, 'from', v_throttle.share,
            'limit', v_throttle.per_minute::text, 'required', v_need::text,
            'available', trunc(greatest(v_level, 0) / 60000000, CASE v_throttle.measure WHEN 'calls' THEN 0 ELSE 6 END)::text,
            'spent_percent', v.share::text, 'line', v_throttle.line)
            || CASE v.refusal WHEN 'throttled' THEN jsonb_build_object('retry_after', v_wait) ELSE '{}' END;
    END LOOP;
    RETURN v;
END
$$;
-- reverse:
DROP FUNCTION usage_throttled_v1(usage_judged, usage_rule_ladder, uuid, numeric, numeric, timestamptz);
