from __future__ import annotations

from django.db import connection

from config.kernel.sql import SqlFileAgain


def body_of(function: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = %s", [function])
        (found,) = cursor.fetchone()
    return str(found)


class TestSqlFileAgain:
    def test_puts_a_function_in_place_of_what_an_earlier_file_installed(self, owner_db: None) -> None:
        whole = body_of("usage_debit_v1")
        with connection.cursor() as cursor:
            cursor.execute(
                """CREATE OR REPLACE FUNCTION usage_debit_v1(
                       p usage_order, p_state text, OUT outcome text, OUT answer json, OUT charge usage_charge)
                   LANGUAGE plpgsql AS $$ BEGIN outcome := 'of old'; END $$"""
            )
        assert body_of("usage_debit_v1") != whole

        with connection.schema_editor() as editor:
            SqlFileAgain("usage", "usage_debit_v1").database_forwards("usage", editor, None, None)

        assert body_of("usage_debit_v1") == whole
