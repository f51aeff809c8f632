-- The trigger that keeps history: what is written stays as it was written.
CREATE FUNCTION kernel_refuse_change_v1() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'Rows of % are history: they are never changed or removed. Correct by a new row.', TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = 'history_never_changes', TABLE = TG_TABLE_NAME;
END
$$;
-- reverse:
DROP FUNCTION kernel_refuse_change_v1();
