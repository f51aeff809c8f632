-- The least identity of version 7 that a row made at this instant may have.
CREATE FUNCTION usage_first_id_v1(p_at timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE
AS $$
    SELECT (lpad(to_hex(greatest(floor(extract(epoch FROM p_at) * 1000), 0)::bigint), 12, '0') || '70008000000000000000')::uuid
$$;
-- reverse:
DROP FUNCTION usage_first_id_v1(timestamptz);
