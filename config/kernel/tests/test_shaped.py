import subprocess
import sys

FIRST_AT_ONCE = """
import sys, threading
import msgspec
from config.kernel import shaped
read = {"shaped": shaped.convert, "bare": msgspec.convert}[sys.argv[1]]
sys.setswitchinterval(1e-6)
for round in range(40):
    inner = msgspec.defstruct(f"Inner{round}", [(f"a{n}", list[str] | None, None) for n in range(40)])
    outer = msgspec.defstruct(f"Outer{round}", [(f"f{n}", list[inner] | None, None) for n in range(40)])
    start, found = threading.Barrier(16), []
    def first():
        start.wait()
        found.append(read({"f39": [{"a39": ["x"]}]}, outer))
    threads = [threading.Thread(target=first) for _ in range(16)]
    [each.start() for each in threads]
    [each.join() for each in threads]
    assert [each.f39[0].a39 for each in found] == [["x"]] * 16, found
"""


def run(reader: str) -> int:
    return subprocess.run([sys.executable, "-c", FIRST_AT_ONCE, reader], capture_output=True).returncode


class TestManyThreadsFirstAtAClass:
    def test_each_of_them_reads_it(self) -> None:
        assert run("shaped") == 0
