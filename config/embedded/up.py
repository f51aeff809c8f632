"""`manage.py up`: everything, in one terminal, until Ctrl-C."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, replace
from pathlib import Path

from config.embedded import ground
from config.embedded.addresses import ROOT, Addresses, data_folder
from config.embedded.children import CannotStart, bound_to_this_process, start
from config.embedded.services import Services, log_file, secret_key
from config.embedded.supervisor import SUPERVISED, Part, Supervisor, end_leftovers

WEB = (
    "granian --interface wsgi --http 1 --no-ws --blocking-threads 32"
    " --blocking-threads-idle-timeout 600 --log-level warning"  # a thread's connection has its plans ready
    " --respawn-failed-workers --respawn-interval 0.2 --workers-kill-timeout 20"
)
WEB_LOGGING = ROOT / "config/embedded/web_logging.json"
READY_WITHIN_SECONDS = 60


def say(sentence: str) -> None:
    print(sentence, flush=True)


def is_open() -> bool:
    """Whether the product runs over our data folder now."""
    return Addresses.told(data_folder()) is not None


def main(then: list[str] | None = None, *, is_serving: bool = True) -> int:
    """Run everything until Ctrl-C, or until `manage.py <then>` has ended. Answers the exit status.

    is_serving: without it only the database is there, prepared, so that no job does anything meanwhile.
    """
    try:
        door = Door.from_environment()
        ground.take(data_folder())
        with Supervisor(data_folder(), say) as supervisor:
            supervisor.listen()
            house = House(data_folder(), door, supervisor)
            addresses = house.open(is_serving=is_serving)
            return house.accompany(then, addresses) if then else house.stay_open(addresses)
    except CannotStart as fault:
        print(fault, file=sys.stderr)
        return 1


@dataclass(frozen=True)
class Door:
    """Where the web server listens, `HOST` (this machine alone unless told otherwise) and `PORT`, and its processes."""

    host: str
    port: int
    workers: int = 2

    @classmethod
    def from_environment(cls) -> Door:
        """Raises CannotStart where PORT or WEB_WORKERS is no such number."""
        port = _number("PORT", os.environ.get("PORT") or "8000", 65535)
        workers = _number("WEB_WORKERS", os.environ.get("WEB_WORKERS") or "2", 64)
        return cls(os.environ.get("HOST") or "127.0.0.1", port, workers)

    @property
    def url(self) -> str:
        name = "localhost" if self.host in ("127.0.0.1", "0.0.0.0", "::", "::1") else self.host
        return f"http://{name}:{self.port}"

    def probe(self) -> None:
        """Refuse an address that is taken: the web server itself would share it without a word.

        Raises CannotStart.
        """
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as fault:
                raise CannotStart(
                    f"Port {self.port} can't be used ({fault.strerror}): set PORT to another."
                ) from fault

    @property
    def programs(self) -> dict[str, list[str]]:
        """The parts that run as the app role, each a Python module with its words."""
        place = ["--host", self.host, "--port", str(self.port), "--workers", str(self.workers)]
        web = [*WEB.split(), "--log-config", str(WEB_LOGGING), *place, "config.wsgi:application"]
        return {
            "web": web,
            "worker": ["config.jobs", "worker"],
            "courier": ["config.jobs", "courier"],
        }


def _number(name: str, said: str, most: int) -> int:
    if not (said.isascii() and said.isdigit() and 1 <= int(said) <= most):
        raise CannotStart(f"{name} is {said!r}: give a number from 1 to {most}.")
    return int(said)


@dataclass(frozen=True)
class House:
    """The whole product over one data folder."""

    data_dir: Path
    door: Door
    supervisor: Supervisor

    def open(self, *, is_serving: bool = True) -> Addresses:
        """Start everything and return once it serves, or once the database is prepared where it is not to serve.

        Raises CannotStart.
        """
        if end_leftovers(self.data_dir):
            say("Ended what an earlier start had left running.")
        self.door.probe()
        services = Services(self.data_dir, self.supervisor, say).start()
        addresses = replace(services, web_url=self.door.url)
        environment = {**os.environ, **addresses.as_environment()}
        environment |= {"DATA_DIR": str(self.data_dir), "SECRET_KEY": secret_key(self.data_dir)}
        environment |= {"PROMETHEUS_MULTIPROC_DIR": str(self._empty_folder("metrics"))}
        self._prepare(environment)
        addresses.tell(self.data_dir)
        for owners in ("DATABASE_OWNER_URL", "ADMIN_PASSWORD"):
            environment.pop(owners, None)
        if is_serving:
            self._begin_programs({**environment, SUPERVISED: "1"})
        return addresses

    def _begin_programs(self, environment: dict[str, str]) -> None:
        """The web first, on all the processors there are; nobody waits for the jobs."""
        say("Starting web, worker and courier …")
        programs = self.door.programs
        self.supervisor.start(self._program("web", programs.pop("web"), environment))
        self._wait_for_the_web()
        for name, words in programs.items():
            self.supervisor.start(self._program(name, words, environment))

    def _empty_folder(self, name: str) -> Path:
        folder = self.data_dir / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder

    def _prepare(self, environment: dict[str, str]) -> None:
        """Migrate, apply privileges and make the first admin, in a process that ends before the web begins."""
        command = [sys.executable, str(ROOT / "manage.py"), "prepare"]
        marked = {**environment, SUPERVISED: "1"}
        status = subprocess.run(
            command, env=marked, check=False, preexec_fn=bound_to_this_process()
        ).returncode
        if self.supervisor.is_stopping:
            raise CannotStart("Stopped before it was ready.")
        if status:
            raise CannotStart("The database could not be prepared; the reason stands above.")

    def _program(self, name: str, words: list[str], environment: dict[str, str]) -> Part:
        log = log_file(self.data_dir, name)

        def begin() -> subprocess.Popen[bytes]:
            with log.open("ab") as output:
                return start(
                    [sys.executable, "-m", *words], output=output, environment=environment, folder=ROOT
                )

        return Part(name, begin, ends_within_seconds=25)

    def _wait_for_the_web(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while time.monotonic() < deadline and not self.supervisor.is_stopping:
            self.supervisor.tend()
            try:
                with urllib.request.urlopen(f"{self.door.url}/healthz", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        if not self.supervisor.is_stopping:
            raise CannotStart(f"The web server did not answer: see {self.data_dir / 'logs' / 'web.log'}.")

    def stay_open(self, addresses: Addresses) -> int:
        say(
            f"Tokendesk answers at {addresses.web_url}/admin/ (logs: {self.data_dir / 'logs'}; Ctrl-C stops it)."
        )
        self.supervisor.run()
        say("Stopping …")
        return 0

    def accompany(self, then: list[str], addresses: Addresses) -> int:
        """Run one command beside the open house, tending it meanwhile. Answers the command's exit status."""
        command = [sys.executable, str(ROOT / "manage.py"), *then]
        environment = {**os.environ, **addresses.as_environment(), "SECRET_KEY": secret_key(self.data_dir)}
        environment[SUPERVISED] = "1"
        child = subprocess.Popen(command, env=environment, preexec_fn=bound_to_this_process())
        self.supervisor.run(until=lambda: child.poll() is not None)
        if child.poll() is None:
            child.terminate()
        return child.wait()
