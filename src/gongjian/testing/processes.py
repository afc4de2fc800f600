"""What tests that start an installation ask of the machine: a free port, and the process tree, as Linux tells it."""

import socket
from collections import defaultdict
from pathlib import Path


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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
