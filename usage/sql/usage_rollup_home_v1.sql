-- Which database of which server this is. Numbers of transactions mean nothing in another: not in a copy, nor in one that was restored.
CREATE FUNCTION usage_rollup_home_v1() RETURNS text
LANGUAGE sql STABLE
AS $$
    SELECT c.system_identifier || '/' || d.oid FROM pg_control_system() AS c, pg_database AS d WHERE d.datname = current_database()
$$;
-- reverse:
DROP FUNCTION usage_rollup_home_v1();
