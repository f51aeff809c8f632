"""What processes cost, read from /proc: CPU time of a tree, and memory as each process's fair share (PSS)."""

import os
from collections.abc import Iterable
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def children() -> dict[int, list[int]]:
    """Every process's children now."""
    tree: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (fields := _stat(int(folder.name))):
            tree.setdefault(int(fields[1]), []).append(int(folder.name))
    return tree


def tree(root: int) -> list[int]:
    """A process and all that descend from it."""
    known, found, left = children(), [], [root]
    while left:
        process = left.pop()
        found.append(process)
        left += known.get(process, [])
    return found


def cpu_seconds(root: int) -> float:
    """CPU time spent so far by a process and its descendants, those that have ended included."""
    ticks = 0
    for process in tree(root):
        if fields := _stat(process):
            ticks += sum(int(field) for field in fields[11:15])  # own, and of children waited for
    return ticks / TICKS_A_SECOND


def proportional_megabytes(processes: Iterable[int]) -> float:
    """Memory of the processes together: pages that several share count once."""
    kilobytes = 0
    for process in processes:
        try:
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
        except OSError:
            continue
        kilobytes += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return kilobytes / 1024


def command_line(process: int) -> str:
    try:
        return (
            Path(f"/proc/{process}/cmdline")
            .read_bytes()
            .replace(b"\0", b" ")
            .decode(errors="replace")
            .strip()
        )
    except OSError:
        return ""


def _stat(process: int) -> list[str] | None:
    """The fields of /proc/N/stat from the third on, or None where the process has ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return None
