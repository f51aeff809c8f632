"""SQL files in migrations: installed as they were recorded, and again where they were edited before a release."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from config.kernel.sql import SqlFile, SqlFilesAnew
from config.kernel.sql_text import digest_of

PAIR = "CREATE TYPE made_pair AS (one int{more});\n-- reverse:\nDROP TYPE made_pair;\n"
SUM = """
CREATE FUNCTION made_sum_v1(p made_pair) RETURNS int LANGUAGE sql AS $$ SELECT {sum} $$;
-- reverse:
DROP FUNCTION made_sum_v1(made_pair);
"""


@pytest.fixture
def files(tmp_path: Path, settings: Any) -> Path:
    """The SQL files of an app of one's own: a type, and a function that takes it."""
    settings.BASE_DIR = tmp_path
    folder = tmp_path / "made" / "sql"
    folder.mkdir(parents=True)
    write(folder, more="", sum="(p).one")
    return folder


def write(folder: Path, *, more: str, sum: str) -> None:
    (folder / "made_pair_v1.sql").write_text(PAIR.format(more=more))
    (folder / "made_sum_v1.sql").write_text(SUM.format(sum=sum))


def installed(folder: Path, name: str) -> SqlFile:
    return SqlFile("made", name, digest_of((folder / f"{name}.sql").read_text()))


def forwards(operation: SqlFile | SqlFilesAnew) -> None:
    with connection.schema_editor() as editor:
        operation.database_forwards("made", editor, None, None)


def asked(question: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]


@pytest.mark.usefixtures("owner_db")
class TestSqlFile:
    def test_refuses_a_file_that_was_edited(self, files: Path) -> None:
        operation = installed(files, "made_pair_v1")
        write(files, more=", two int", sum="0")

        with pytest.raises(ValueError, match="was edited after its migration recorded it"):
            forwards(operation)


@pytest.mark.usefixtures("owner_db")
class TestSqlFilesAnew:
    def test_brings_what_was_installed_to_what_the_files_say_now(self, files: Path) -> None:
        for name in ("made_pair_v1", "made_sum_v1"):
            forwards(installed(files, name))
        assert asked("SELECT made_sum_v1(ROW(1))") == 1
        write(files, more=", two int", sum="(p).one + (p).two")

        for _ in range(2):  # the second time nothing is to be changed
            forwards(SqlFilesAnew("made", "made_pair_v1", "made_sum_v1"))

        assert asked("SELECT made_sum_v1(ROW(1, 2))") == 3
