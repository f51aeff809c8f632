"""Folders below /tmp that a test run holds while it lives; those of killed runs are cleared away."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import Self

from config.embedded.children import User
from config.embedded.ground import private_folder


class Scratch:
    """A short-named folder of the servers' user, gone when it is closed."""

    def __init__(self, prefix: str) -> None:
        _clear_what_killed_runs_left(prefix)
        self.user = User.unprivileged()
        self.folder = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
        self._held = os.open(self.folder / "held", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        fcntl.flock(self._held, fcntl.LOCK_EX)
        private_folder(self.folder, self.user)

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._held)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        self.close()


def _clear_what_killed_runs_left(prefix: str) -> None:
    for folder in Path("/tmp").glob(f"{prefix}*"):
        try:
            held = os.open(folder / "held", os.O_RDWR)
        except OSError:
            continue
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            continue
        finally:
            os.close(held)
