"""What the supervisor does when parts die, and when it was killed itself."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from config.embedded import ground
from config.embedded.children import CannotStart, start
from config.embedded.supervisor import Part, Supervisor, end_leftovers
from config.embedded.up import Door

NOBODY = 1 << 22  # no process has a number this high
SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]
SLEEPS_DEAF = (
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
)
DEAF = [sys.executable, "-c", SLEEPS_DEAF]


def sleeper() -> subprocess.Popen[bytes]:
    return start(SLEEPS, output=subprocess.DEVNULL)


def marked_sleeper(data_dir: Path) -> subprocess.Popen[bytes]:
    """As the workers of a part are: started by one of ours, and deaf to SIGTERM as they may be."""
    return a_deaf_sleeper(SUPERVISED="1", DATA_DIR=str(data_dir))


def a_deaf_sleeper(**environment: str) -> subprocess.Popen[bytes]:
    sleeper = subprocess.Popen(DEAF, stdout=subprocess.PIPE, env={**os.environ, **environment})
    assert sleeper.stdout is not None
    sleeper.stdout.readline()
    return sleeper


def only_child(part: Part) -> subprocess.Popen[bytes]:
    assert part.child is not None
    return part.child


class TestSupervisor:
    def test_begins_a_killed_part_again(self, tmp_path: Path) -> None:
        said: list[str] = []
        with Supervisor(tmp_path, said.append) as supervisor:
            part = Part("sleeper", sleeper)
            supervisor.start(part)
            killed = only_child(part)
            killed.kill()
            killed.wait(10)

            supervisor.run(until=lambda: part.child is not None and part.child.pid != killed.pid)

            assert only_child(part).poll() is None
        assert said == ["sleeper ended (SIGKILL); it begins again in 0.1 s.", "sleeper runs again."]

    def test_ends_its_parts_when_it_ends(self, tmp_path: Path) -> None:
        with Supervisor(tmp_path, print) as supervisor:
            part = Part("sleeper", sleeper)
            supervisor.start(part)
            child = only_child(part)

        assert child.poll() == -signal.SIGTERM
        assert not (tmp_path / "children.json").exists()

    def test_waits_longer_for_a_part_that_keeps_dying(self) -> None:
        part = Part("hopeless", sleeper)
        part.start()

        waits = [part.plan_return() for _ in range(8)]

        assert waits == pytest.approx([0.1, 0.3, 0.9, 2.7, 8.1, 24.3, 30, 30])

    def test_that_starts_after_a_killed_one_ends_what_that_left(self, tmp_path: Path) -> None:
        supervisor = Supervisor(tmp_path, print)
        part = Part("sleeper", sleeper)
        supervisor.start(part)

        ended = end_leftovers(tmp_path)

        assert ended == 1
        assert only_child(part).poll() is not None

    def test_ends_what_carries_its_mark_though_nobody_wrote_it_down(self, tmp_path: Path) -> None:
        ours, another = marked_sleeper(tmp_path), marked_sleeper(tmp_path / "other")

        assert end_leftovers(tmp_path) == 1

        assert not psutil.pid_exists(ours.pid)
        assert another.poll() is None
        another.kill()
        another.wait(10)

    def test_spares_itself_where_it_was_started_with_the_mark(self, tmp_path: Path) -> None:
        program = (
            "import os, pathlib; from config.embedded.supervisor import end_leftovers;"
            "print(end_leftovers(pathlib.Path(os.environ['DATA_DIR'])))"
        )
        marked = {**os.environ, "SUPERVISED": "1", "DATA_DIR": str(tmp_path)}

        done = subprocess.run([sys.executable, "-c", program], env=marked, capture_output=True, check=False)

        assert (done.returncode, done.stdout) == (0, b"0\n")

    def test_leaves_a_process_alone_that_only_has_the_same_number(self, tmp_path: Path) -> None:
        (tmp_path / "children.json").write_text(f"[[{os.getpid()}, 12.0]]")

        assert end_leftovers(tmp_path) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux signals the children of a killed parent")
class TestChildren:
    def test_end_with_a_parent_that_is_killed(self) -> None:
        with a_parent("start([sys.executable, '-c', 'import time; time.sleep(60)'], output=1)") as (
            parent,
            child,
        ):
            parent.kill()

            assert is_gone(child)

    def test_end_with_it_though_they_are_deaf_to_being_asked(self) -> None:
        deaf = f"start([sys.executable, '-c', {SLEEPS_DEAF!r}], output=subprocess.PIPE)"
        with a_parent(f"heard({deaf})") as (parent, child):
            parent.kill()

            assert is_gone(child)

    def test_end_at_once_where_the_parent_has_ended_before(self) -> None:
        orphan = (
            f"from config.embedded.children import end_with_parent; end_with_parent({NOBODY}); print('lives')"
        )

        done = subprocess.run([sys.executable, "-c", orphan], capture_output=True, check=False)

        assert (done.returncode, done.stdout) == (1, b"")


@contextmanager
def a_parent(begins: str) -> Iterator[tuple[subprocess.Popen[str], psutil.Process]]:
    """A process and the child that it begins."""
    program = f"""if True:
        import subprocess, sys
        from config.embedded.children import start

        def heard(child):
            child.stdout.readline()
            return child

        child = {begins}
        print(child.pid, flush=True)
        child.wait()
    """
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        yield parent, psutil.Process(int(parent.stdout.readline()))


def is_gone(process: psutil.Process) -> bool:
    return psutil.wait_procs([process], timeout=10)[1] == []


class TestGround:
    def test_is_held_by_one_at_a_time(self, tmp_path: Path) -> None:
        held = ground.take(tmp_path)

        with pytest.raises(ground.AlreadyRunning, match="already running"):
            ground.take(tmp_path)

        os.close(held)
        os.close(ground.take(tmp_path))

    def test_offers_a_short_socket_folder_where_the_path_is_long(self, tmp_path: Path) -> None:
        deep = tmp_path / ("a-long-name-" * 10)
        deep.mkdir()

        folder = ground.socket_folder(deep, None)

        assert len(f"{folder}{ground.LONGEST_SOCKET_NAME}") <= ground.LONGEST_SOCKET_PATH
        assert folder.stat().st_mode & 0o777 == 0o700
        folder.rmdir()

    def test_refuses_a_data_folder_that_cannot_be(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()

        with pytest.raises(CannotStart, match="can't be used"):
            ground.take(tmp_path / "file" / "data")


class TestDoor:
    def test_refuses_an_occupied_port(self) -> None:
        with (
            socket.create_server(("127.0.0.1", 0)) as taken,
            pytest.raises(CannotStart, match="set PORT to another"),
        ):
            Door("127.0.0.1", taken.getsockname()[1]).probe()

    @pytest.mark.parametrize("said", ["http", "0", "65536", "-1", "٨٠", "80.0"])
    def test_refuses_what_is_no_port(self, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PORT", said)

        with pytest.raises(CannotStart, match="from 1 to 65535"):
            Door.from_environment()
