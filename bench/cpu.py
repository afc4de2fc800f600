"""CPU seconds and memory of process trees, from /proc."""

import os
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def tree(root: int) -> list[int]:
    """Return a process and everything below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (stat := _stat(int(entry.name))):
            children.setdefault(int(stat[1]), []).append(int(entry.name))
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += children.get(pid, [])
    return found


def seconds(root: int) -> float:
    """Return the CPU seconds a tree has used, those of its ended children included."""
    total = 0
    for pid in tree(root):
        if stat := _stat(pid):
            total += sum(int(stat[i]) for i in (11, 12, 13, 14))  # its own, and of the children it has buried
    return total / TICK


def largest_mb(root: int) -> float:
    """Return the resident memory of the largest process of a tree, in megabytes."""
    sizes = []
    for pid in tree(root):
        try:
            text = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        sizes += [int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith("VmRSS:")]
    return max(sizes, default=0.0)
