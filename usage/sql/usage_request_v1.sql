-- What a denial keeps of a request: what was asked for, without what it was priced by.
CREATE FUNCTION usage_request_v1(p jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'occurred_at', p->'occurred_at', 'subject', p->'subject', 'metadata', p->'metadata', 'table', p->'table', 'version', p->'version',
        'items', (SELECT jsonb_agg(jsonb_build_object(
            'feature', line->'feature', 'quantity', line->'quantity', 'dimensions', line->'dimensions', 'rate', line->'rate') ORDER BY n)
            FROM jsonb_array_elements(p->'lines') WITH ORDINALITY AS lines (line, n))))
$$;
-- reverse:
DROP FUNCTION usage_request_v1(jsonb);
