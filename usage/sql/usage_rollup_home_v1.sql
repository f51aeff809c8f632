-- Which tables of which database of which server these are. Numbers of transactions mean nothing of others: not in a copy, nor where tables
-- were made anew in the same database to restore a dump.
CREATE FUNCTION usage_rollup_home_v1() RETURNS text
LANGUAGE sql STABLE
AS $$
    SELECT concat_ws('/', c.system_identifier, d.oid, 'usage_debit'::regclass::oid, 'usage_reversal'::regclass::oid)
    FROM pg_control_system() AS c, pg_database AS d WHERE d.datname = current_database()
$$;
-- reverse:
DROP FUNCTION usage_rollup_home_v1();
