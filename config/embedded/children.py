"""Starting a server as a child that ends with us, as an ordinary user where we are root."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG, PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 28, 47, 2
NO_SETUID_FIXUP = 4  # capabilities outlive the change of user and count in access(2), which PostgreSQL asks
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
LINUX_CAPABILITY_VERSION_3 = 0x20080522


class CannotStart(Exception):
    """A part can't be started; the message is the one sentence for the person at the terminal."""


@dataclass(frozen=True)
class User:
    """Whom a server runs as when we are root, because PostgreSQL refuses root."""

    uid: int
    gid: int

    @classmethod
    def unprivileged(cls) -> User | None:
        """`postgres` or else `nobody` where we are root; None where we are an ordinary user already."""
        if os.geteuid() != 0:
            return None
        for name in ("postgres", "nobody"):
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(entry.pw_uid, entry.pw_gid)
        raise CannotStart(
            "PostgreSQL refuses to run as root and this system has neither a user postgres nor nobody."
        )

    def reaches(self, path: Path) -> bool:
        """Whether `path`, where it exists, and every folder above it let this user pass."""
        places = [path.resolve(), *path.resolve().parents]
        return all(self._passes(place.stat()) for place in places if place.exists())

    def _passes(self, status: os.stat_result) -> bool:
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)


def end_with_parent(parent: int, by: signal.Signals = signal.SIGKILL) -> None:
    """Let this process end when `parent` does; at once where that has ended already.

    Linux sends `by` when the thread that started this process ends; elsewhere nothing does.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, by)
    if os.getppid() != parent:
        os._exit(1)


def bound_to_this_process(by: signal.Signals = signal.SIGKILL) -> Callable[[], None]:
    """What a child does before it becomes its program, so that it ends when this process ends."""
    parent = os.getpid()
    return lambda: end_with_parent(parent, by)


def start(
    command: Sequence[str | Path],
    *,
    output: IO[bytes] | int,
    environment: Mapping[str, str] | None = None,
    user: User | None = None,
    if_orphaned: signal.Signals = signal.SIGKILL,
    folder: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that Ctrl-C reaches this process alone and ends it too.

    Call it from the main thread: the child ends with the thread that started it.
    if_orphaned: the signal that ends it where its parent was killed. What keeps files is asked; the rest is ended
    by force, for what is asked may not hear.
    """
    words = [str(word) for word in command]
    lends_passage = user is not None and not all(
        user.reaches(Path(word)) for word in words if word.startswith("/")
    )
    return subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=dict(environment) if environment is not None else None,
        cwd=folder,
        start_new_session=True,
        preexec_fn=_becoming(user, lends_passage, bound_to_this_process(if_orphaned)),
    )


def _becoming(user: User | None, lends_passage: bool, bind: Callable[[], None]) -> Callable[[], None]:
    def become() -> None:
        if user is not None:
            _change_user(user, lends_passage)
        bind()  # after the change of user, at which Linux forgets it

    return become


def _change_user(user: User, lends_passage: bool) -> None:
    """Become `user`. Where folders above the data are closed to it, keep root's passage through them, no more."""
    libc = ctypes.CDLL(None, use_errno=True)
    if lends_passage:
        libc.prctl(PR_SET_SECUREBITS, NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setresgid(user.gid, user.gid, user.gid)
    os.setresuid(user.uid, user.uid, user.uid)
    if not lends_passage:
        return
    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        header = (ctypes.c_uint32 * 2)(LINUX_CAPABILITY_VERSION_3, 0)
        sets = (ctypes.c_uint32 * 6)(1 << capability, 1 << capability, 1 << capability, 0, 0, 0)
        if (
            libc.capset(header, sets) == 0
            and libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) == 0
        ):
            return


def end(child: subprocess.Popen[bytes], *, by: signal.Signals, within_seconds: int) -> None:
    """End a child in good order, or by force once its time is over."""
    if child.poll() is None:
        child.send_signal(by)
        see_off(child, within_seconds=within_seconds)


def see_off(child: subprocess.Popen[bytes], *, within_seconds: int) -> None:
    """Wait for a child that was asked to end; past its time it is ended by force."""
    try:
        child.wait(within_seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
