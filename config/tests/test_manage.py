"""The door for commands."""

from __future__ import annotations

import subprocess
import sys

from config.tests import sources


def test_ends_without_a_traceback_where_nobody_reads_on() -> None:
    command = [sys.executable, str(sources.root() / "manage.py"), "diffsettings"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        told = process.stderr.read()

    assert (process.returncode, told) == (1, "")
