"""The process tree as Linux tells it; `pgrep` is not on every machine."""

from collections import defaultdict
from pathlib import Path


def children(root: int) -> dict[int, str]:
    """Return all processes below one, the nearest first, with their command lines."""
    below: defaultdict[int, list[int]] = defaultdict(list)
    words: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text().rpartition(")")[2].split()
            words[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it has ended meanwhile
            continue
        below[int(stat[1])].append(int(entry.name))
    found: dict[int, str] = {}
    todo = [root]
    while todo:
        for pid in below[todo.pop(0)]:
            found[pid] = words[pid]
            todo.append(pid)
    return found
