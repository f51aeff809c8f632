"""The migrated database that tests are cloned from: built once for each state of the migrations, then copied."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.embedded.children import CannotStart, User, end
from config.embedded.ground import private_folder
from config.embedded.postgres import OWNER, THROW_AWAY, Cluster
from config.embedded.scratch import Scratch

ROOT = Path(__file__).resolve().parent.parent.parent
WHAT_SHAPES_IT = (
    "*/migrations/*.py",
    "*/*/migrations/*.py",
    "*/sql/*.sql",
    "*/*/sql/*.sql",
    "*/models/*.py",
    "*/*/models/*.py",
    "**/roles.py",
    "config/*.py",
    "config/kernel/*.py",
    "config/kernel/postgresql/*.py",
    "config/embedded/postgres.py",
    "config/embedded/template.py",
    "requirements.txt",
)
KEPT = 4
APPS = ("config", "wallets", "pricing", "usage", "billing")


def fingerprint() -> str:
    """What names the template: everything that shapes the database after `migrate`."""
    digest = hashlib.sha256()
    paths = {path for pattern in WHAT_SHAPES_IT for path in ROOT.glob(pattern)}
    for path in sorted(
        path for path in paths if path.relative_to(ROOT).parts[0] in (*APPS, "requirements.txt")
    ):
        digest.update(os.fsencode(path.relative_to(ROOT)) + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def copy_into(folder: Path, *, cache: Path) -> Path:
    """Copy the template's cluster below `folder`, building it first where the cache has none. Answers the copy.

    Safe when several test runs start at once: one builds, the others wait for it.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with _held(cache / "lock"):
        template = cache / fingerprint()
        if not template.exists():
            _build(template)
            _forget_old_ones(cache, template)
        os.utime(template)
        copy = folder / "postgres"
        subprocess.run(["cp", "-a", "--reflink=auto", str(template), str(copy)], check=True)
    private_folder(copy, User.unprivileged())
    return copy


@contextmanager
def _held(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _forget_old_ones(cache: Path, newest: Path) -> None:
    others = [path for path in cache.iterdir() if path.is_dir() and path != newest]
    for path in sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)[KEPT - 1 :]:
        shutil.rmtree(path, ignore_errors=True)


def _build(template: Path) -> None:
    """Initialise, migrate as the owner and stop a cluster in a short folder, then put it where it is kept."""
    with Scratch("tokendesk-template-") as scratch:
        folder, user = scratch.folder, scratch.user
        cluster = Cluster(folder / "postgres", folder, user, THROW_AWAY)
        log = folder / "log"
        try:
            cluster.initialise(log=log)
            server = cluster.start(log=log)
        except CannotStart as fault:
            raise CannotStart(f"{fault}\n{log.read_text()}") from None
        try:
            cluster.make_roles_and_database()
            _migrate(cluster)
        finally:
            end(server, by=signal.SIGINT, within_seconds=30)
        unfinished = template.with_name(f"{template.name}.{os.getpid()}")
        subprocess.run(["cp", "-a", str(cluster.data), str(unfinished)], check=True)
        unfinished.replace(template)


def _migrate(cluster: Cluster) -> None:
    urls = {"DATABASE_URL": cluster.url(), "DATABASE_OWNER_URL": cluster.url(OWNER), "DATABASE_ROLE": "owner"}
    command = [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity=0", "--skip-checks"]
    told = subprocess.run(command, env={**os.environ, **urls}, capture_output=True, text=True, check=False)
    if told.returncode:
        raise CannotStart(f"The test database could not be migrated:\n{told.stdout}{told.stderr}")
