"""Folders of the embedded parts: the data, the sockets, and one supervisor at a time."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
from pathlib import Path

from config.embedded.children import CannotStart, User

LONGEST_SOCKET_PATH = 100
LONGEST_SOCKET_NAME = "/.s.PGSQL.5432.lock"


class AlreadyRunning(CannotStart):
    """Another supervisor holds this data folder."""


def take(data_dir: Path) -> int:
    """Make the data folder and hold it for this process. Answers the descriptor that holds it.

    Raises AlreadyRunning, CannotStart.
    """
    try:
        data_dir.mkdir(mode=0o755, parents=True, exist_ok=True)
        held = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as fault:
        raise CannotStart(f"The data folder {data_dir} can't be used: {fault.strerror}.") from fault
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(held)
        raise AlreadyRunning(f"Tokendesk is already running in {data_dir}.") from None
    return held


def socket_folder(data_dir: Path, user: User | None) -> Path:
    """A folder that only the servers' user enters; a short one elsewhere where the data folder's name is too long."""
    folder = data_dir / "run"
    if len(os.fsencode(folder)) + len(LONGEST_SOCKET_NAME) > LONGEST_SOCKET_PATH:
        digest = hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:12]
        folder = Path(f"/tmp/tokendesk-{os.geteuid()}-{digest}")
    private_folder(folder, user)
    return folder


def private_folder(folder: Path, user: User | None) -> None:
    """Make a folder with mode 0700 for the servers' user; refuse one that somebody else made.

    Raises CannotStart.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    owners = {os.geteuid(), user.uid if user else os.geteuid()}
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in owners:
        raise CannotStart(f"The folder {folder} belongs to somebody else.")
    if user is not None:
        os.chown(folder, user.uid, user.gid)
    folder.chmod(0o700)
