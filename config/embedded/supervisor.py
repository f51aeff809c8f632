"""Keeps the parts of the product running: begins them, begins them again when they die, ends them in order."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Self

import psutil

from config.embedded.children import CannotStart, see_off

LONGEST_WAIT_SECONDS = 30.0
LIVED_LONG_ENOUGH_SECONDS = 60.0
SUPERVISED = "SUPERVISED"
"""The environment variable that marks the processes of the product; they name their DATA_DIR beside it."""


@dataclass
class Part:
    """One server or worker: how it begins and how it ends."""

    name: str
    begin: Callable[[], subprocess.Popen[bytes]]
    ends_by: signal.Signals = signal.SIGTERM
    ends_within_seconds: int = 20
    is_server: bool = False
    child: subprocess.Popen[bytes] | None = None
    began_at: float = 0.0
    deaths: int = 0
    due_at: float = field(default=0.0)

    def start(self) -> None:
        self.child = None
        self.began_at = time.monotonic()
        self.child = self.begin()

    @property
    def has_died(self) -> bool:
        return self.child is not None and self.child.poll() is not None

    def plan_return(self) -> float:
        """Decide when to begin again: at once after a long life, later after each short one. Answers the seconds."""
        lived = time.monotonic() - self.began_at
        self.deaths = 1 if lived > LIVED_LONG_ENOUGH_SECONDS else self.deaths + 1
        wait: float = min(LONGEST_WAIT_SECONDS, 0.1 * 3 ** (self.deaths - 1))
        self.child, self.due_at = None, time.monotonic() + wait
        return wait


class Supervisor:
    """Runs parts until it is asked to stop. One a data folder, in the main thread."""

    def __init__(self, data_dir: Path, say: Callable[[str], None]) -> None:
        self._data_dir = data_dir
        self._say = say
        self._parts: list[Part] = []
        self._wake, self._waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.is_stopping = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        """End every part: first those that serve, then the servers they stand on."""
        (self._data_dir / "services.json").unlink(missing_ok=True)
        self._end([part for part in self._parts if not part.is_server])
        self._end([part for part in self._parts if part.is_server])
        (self._data_dir / "children.json").unlink(missing_ok=True)

    def listen(self) -> None:
        """Hear Ctrl-C, SIGTERM and the death of children."""
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.is_stopping = True

    def start(self, part: Part) -> None:
        """Begin a part for the first time.

        Raises CannotStart.
        """
        part.start()
        self._parts.append(part)
        self._note_children()

    def run(self, until: Callable[[], bool] = lambda: False) -> None:
        """Tend the parts until asked to stop, or until the death of a child makes `until` true."""
        while not self.is_stopping:
            self.tend()
            if until():
                return
            self._wait()

    def tend(self) -> None:
        """Begin again what has died and is due."""
        for part in self._parts:
            if part.has_died and part.child is not None:
                status = part.child.returncode
                wait = part.plan_return()
                self._say(f"{part.name} ended ({_cause(status)}); it begins again in {wait:.1f} s.")
            if part.child is None and part.due_at <= time.monotonic() and not self.is_stopping:
                self._begin_again(part)

    def _begin_again(self, part: Part) -> None:
        try:
            part.start()
        except CannotStart as fault:
            self._say(f"{fault} Trying again in {part.plan_return():.1f} s.")
        else:
            self._note_children()
            self._say(f"{part.name} runs again.")

    def _wait(self) -> None:
        waiting = [part.due_at - time.monotonic() for part in self._parts if part.child is None]
        select.select([self._wake], [], [], max(0.0, min(waiting)) if waiting else None)
        with suppress(BlockingIOError):
            os.read(self._wake, 4096)

    def _end(self, parts: Sequence[Part]) -> None:
        running = [
            (part, part.child) for part in parts if part.child is not None and part.child.poll() is None
        ]
        for part, child in running:
            child.send_signal(part.ends_by)
        for part, child in running:
            see_off(child, within_seconds=part.ends_within_seconds)

    def _note_children(self) -> None:
        alive = [part.child.pid for part in self._parts if part.child is not None]
        noted = [[pid, psutil.Process(pid).create_time()] for pid in alive if psutil.pid_exists(pid)]
        (self._data_dir / "children.json").write_text(json.dumps(noted))


def _cause(status: int) -> str:
    return signal.Signals(-status).name if status < 0 else f"status {status}"


def end_leftovers(data_dir: Path) -> int:
    """End what a killed supervisor of this data folder left running. Answers how many processes that were.

    What carries the mark is ended by force: nobody waits for its answer. The servers, which keep files, are asked to
    end.
    """
    marked, noted = _marked(data_dir), _noted(data_dir)
    for process in marked:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    servers = [process for process in noted if process not in marked]
    families = [member for process in servers for member in _family(process)]
    for process in servers:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGINT if process.name() == "postgres" else signal.SIGTERM)
    _gone, stubborn = psutil.wait_procs([*marked, *families], timeout=20)
    for process in stubborn:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=5)
    return len(marked) + len(servers)


def _family(process: psutil.Process) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return [*process.children(recursive=True), process]
    return []


def _noted(data_dir: Path) -> list[psutil.Process]:
    """The children that the supervisor before this one wrote down and that still run."""
    try:
        noted = json.loads((data_dir / "children.json").read_text())
    except (FileNotFoundError, ValueError):
        return []
    return [process for pid, began_at in noted if (process := _same_process(pid, began_at)) is not None]


def _marked(data_dir: Path) -> list[psutil.Process]:
    """Whatever a supervisor of this data folder started and still runs, written down or not, but for this process
    and those above it.
    """
    here = psutil.Process()
    spared = [here, *here.parents()]
    return [each for each in psutil.process_iter() if each not in spared and _is_marked(each, data_dir)]


def _is_marked(process: psutil.Process, data_dir: Path) -> bool:
    try:
        given = process.environ()
        is_alive = process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False
    return is_alive and SUPERVISED in given and given.get("DATA_DIR") == str(data_dir)


def _same_process(pid: int, began_at: float) -> psutil.Process | None:
    try:
        process = psutil.Process(pid)
        is_same = abs(process.create_time() - began_at) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return None
    return process if is_same else None
