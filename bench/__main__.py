"""python -m bench [--sizes 10000,100000,1000000] [--seconds 6] [--clients 8]; python -m bench --hostile [--seconds 6]

Starts its own durable PostgreSQL (fsync on) and the web server with two workers, loads the demonstration district to
each size, and measures, every page with and without Accept-Encoding. Client, server and database share the machine, so
CPU per request is the judge.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench import cpu, hostile, load
from gongjian.project.commands.web import command as web_command
from gongjian.project.launcher import binaries
from gongjian.project.launcher.children import Lifeline
from gongjian.project.launcher.cluster import APP, DATABASE, OWNER, Cluster

HERE = Path(__file__).parents[1]
RESULTS = HERE / "var" / "bench.json"
PYTHON = sys.executable
# CPU ms of application and PostgreSQL that a request may cost; a mark stands behind what costs more.
MOST = {"create": 4, "list": 6, "search": 12, "detail": 4, "move": 6, "dashboard": 20}
ENCODINGS: dict[str, dict[str, str]] = {"": {}, " gzip": {"Accept_Encoding": "gzip"}}
LIST, SEARCH = "/desk/inbox/?tab=unit&size=100", "/desk/search/"


@contextmanager
def database() -> Iterator[Cluster]:
    """Run a durable server in a temporary folder."""
    who = binaries.identity()
    folder = Path(tempfile.mkdtemp(prefix="gj-bench-", dir="/tmp"))
    who.own(folder)
    sockets = folder / "run"
    sockets.mkdir()
    who.own(sockets)
    tuning = {"max_wal_size": "16GB", "shared_buffers": "2GB", "effective_cache_size": "8GB", "max_connections": "100"}
    cluster = Cluster(folder, sockets, binaries.find(who), who, folder / "log", Lifeline(), tuning)
    try:
        cluster.create()
        cluster.start()
        cluster.furnish()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def environment(cluster: Cluster, home: Path, port: int) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": cluster.url(APP),
        "DATABASE_OWNER_URL": cluster.url(OWNER),
        "GONGJIAN_HOME": str(home),
        "GONGJIAN_MODE": "demonstration",
        "PORT": str(port),
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "PYTHONPATH": str(HERE),
    }


def command(env: dict[str, str], *words: str) -> float:
    """Run one of our own commands as the owner of the database and return its seconds."""
    start = time.perf_counter()
    owner = {**env, "GONGJIAN_DB_ROLE": "owner", "DJANGO_SETTINGS_MODULE": "gongjian.project.settings"}
    subprocess.run([str(Path(PYTHON).parent / "gongjian"), *words], env=owner, check=True)
    return time.perf_counter() - start


@contextmanager
def web(env: dict[str, str], port: int) -> Iterator[int]:
    """Run the web server and yield its process id and the milliseconds to its first answer."""
    server = subprocess.Popen(web_command("127.0.0.1", port), env=env, cwd=HERE)
    try:
        wait_for(port)
        yield server.pid
    finally:
        server.terminate()
        server.wait(20)


def wait_for(port: int) -> None:
    for _ in range(600):
        try:
            answers = load.run(port, lambda: iter([load.request("GET", "/bench/bare")]), clients=1, seconds=5, most=1)
        except OSError:
            time.sleep(0.05)
            continue
        if answers.statuses.get(200):
            return
    raise SystemExit("the web server did not answer")


def works(facts: dict[str, Any]) -> dict[str, Callable[[], Iterator[bytes]]]:
    """Return the measured work: name -> endless supply of requests."""
    serial = count()
    roles = ("handler", "dispatcher", "supervisor", "leader")
    staff = {role: {"Cookie": f"sessionid={facts[role]}"} for role in roles}

    def creates() -> Iterator[bytes]:
        for n in serial:
            yield create(n, facts["topics"][n % len(facts["topics"])])

    def gets(role: str, paths: Callable[[int], str], **headers: str) -> Callable[[], Iterator[bytes]]:
        return lambda: (load.request("GET", paths(n), **staff[role], **headers) for n in serial)

    details, sought = facts["details"], facts["sought"]

    def searches(n: int) -> str:
        words, topic = sought[n % len(sought)]
        return f"{SEARCH}?{urlencode({'q': words, 'state': 'open', 'topic': topic})}"

    pages: dict[str, tuple[str, Callable[[int], str]]] = {
        "list": ("handler", lambda _: LIST),
        "board": ("dispatcher", lambda _: "/desk/board/"),
        "search": ("supervisor", searches),
        "detail": ("supervisor", lambda n: f"/desk/cases/{details[n % len(details)]}/"),
        "dashboard": ("leader", lambda _: "/desk/figures/"),
    }
    return {
        "bare": lambda: (load.request("GET", "/bench/bare") for _ in serial),
        "select 1": lambda: (load.request("GET", "/bench/query") for _ in serial),
        "create": creates,
        **{name + mark: gets(*page, **more) for name, page in pages.items() for mark, more in ENCODINGS.items()},
    }


def create(n: int, topic: str) -> bytes:
    """Return one anonymous report of about 600 bytes from an address of its own."""
    body = {
        "kind": "complaint",
        "text": f"{n % 2999} 号楼前的路灯不亮已经三天，晚上老人和孩子经过很危险，物业说不归他们管。"
        f"希望尽快派人检查线路并更换灯具，处理完告诉我一声。第 {n} 次反映，附近还有两盏也在闪，下雨天更暗。",
        "topic": topic,
        "lon": 114.235 + (n % 900) / 10_000,
        "lat": 22.555 + (n % 400) / 10_000,
        "address": f"深盐路 {n % 2999} 号",
        "reporter": {"phone": f"138{n % 50_000:08d}", "email": f"r{n % 50_000}@example.org", "consent": True},
        "source": "bench",
    }
    address = f"25.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"
    payload = json.dumps(body, ensure_ascii=False).encode()
    return load.request(
        "POST", "/api/v1/hotline/cases", payload, Content_Type="application/json", X_Forwarded_For=address
    )


def moves(facts: dict[str, Any]) -> Iterator[bytes]:
    """Log a contact on each case in progress once: a form post with its token."""
    token = "b" * 32
    cookie = f"sessionid={facts['handler']}; csrftoken={token}"
    for number, version in facts["doing"]:
        body = f"csrfmiddlewaretoken={token}&version={version}&reached=yes&remark=核对了时间和位置".encode()
        yield load.request(
            "POST", f"/desk/cases/{number}/act/contact/", body,
            Cookie=cookie, Content_Type="application/x-www-form-urlencoded",
        )  # fmt: skip


def tell_odd(name: str, answers: load.Answers) -> None:
    """Say what was answered with an error: its cost is not that of the work."""
    odd = {status: k for status, k in answers.statuses.items() if status not in {200, 201, 302}}
    if odd:
        print(f"  ! {name}: unexpected answers {odd}")


def measure(
    name: str, supply: Callable[[], Iterator[bytes]], *, port: int, app: int, pg: int, args: argparse.Namespace
) -> dict[str, Any]:
    """Warm up for half a second, then measure for the given seconds."""
    if name != "move":
        load.run(port, supply, clients=args.clients, seconds=0.5, most=200)
    before = cpu.seconds(app), cpu.seconds(pg)
    answers = load.run(port, supply, clients=args.clients, seconds=args.seconds, most=10**6)
    n = max(len(answers.took), 1)
    tell_odd(name, answers)
    return {
        "work": name,
        "clients": args.clients,
        "requests": len(answers.took),
        "rps": round(answers.rps, 1),
        "p50_ms": round(answers.percentile(0.5), 2),
        "p99_ms": round(answers.percentile(0.99), 2),
        "cpu_app_ms": round(1000 * (cpu.seconds(app) - before[0]) / n, 3),
        "cpu_pg_ms": round(1000 * (cpu.seconds(pg) - before[1]) / n, 3),
        "kb": round(answers.size / n / 1000, 1),
        "statuses": answers.statuses,
    }


def at_size(
    size: int, env: dict[str, str], cluster: Cluster, port: int, args: argparse.Namespace
) -> list[dict[str, Any]]:
    """Load up to a size and measure every work there."""
    assert cluster.server is not None
    facts = prepared(env)
    missing = size - facts["cases"] if facts else size
    if missing > 0:
        took = command(env, "demo", "load", "--cases", str(missing))
        print(f"loaded {missing:,} cases in {took:.1f} s; quiet after {settle(cluster):.1f} s")
        facts = prepared(env)
    rows = []
    with web(env, port) as app:
        pg = cluster.server.process.pid
        for name, supply in works(facts).items():
            rows.append(measure(name, supply, port=port, app=app, pg=pg, args=args))
        rows.append(measure("move", lambda: moves(facts), port=port, app=app, pg=pg, args=args))
        rows.append(export(facts, port, app, pg))
        memory = cpu.largest_mb(app)
    bare = rows[0]
    for row in rows:
        total = row["cpu_app_ms"] + row["cpu_pg_ms"]
        row |= {
            "cases": size,
            "ratio_bare": round(total / max(bare["cpu_app_ms"], 0.001), 1),
            "worker_mb": round(memory),
        }
    return rows


def settle(cluster: Cluster) -> float:
    """Do now what the server would do in its own time after a load, beside what is measured; return the seconds."""
    start = time.perf_counter()
    with cluster.connect(DATABASE) as connection:
        connection.execute("vacuum (analyze)")
        connection.execute("checkpoint")
    return time.perf_counter() - start


def export(facts: dict[str, Any], port: int, app: int, pg: int) -> dict[str, Any]:
    """Download the whole list as CSV once."""
    before, payload = (
        (cpu.seconds(app), cpu.seconds(pg)),
        load.request("GET", "/desk/search/export/", Cookie=f"sessionid={facts['supervisor']}"),
    )
    answers = load.run(port, lambda: iter([payload]), clients=1, seconds=300, most=1)
    tell_odd("export", answers)
    return {
        "work": "export", "clients": 1, "requests": 1, "rps": round(answers.rps, 2),
        "p50_ms": round(answers.percentile(0.5), 1), "p99_ms": round(answers.percentile(0.99), 1),
        "cpu_app_ms": round(1000 * (cpu.seconds(app) - before[0]), 1),
        "cpu_pg_ms": round(1000 * (cpu.seconds(pg) - before[1]), 1), "kb": answers.size // 1000,
        "statuses": answers.statuses,
    }  # fmt: skip


def prepared(env: dict[str, str]) -> dict[str, Any]:
    """Ask Django for sessions and numbers; empty while the district is."""
    done = subprocess.run(
        [PYTHON, "-m", "bench.prepare"], env=env, cwd=HERE, capture_output=True, text=True, check=False
    )
    return json.loads(done.stdout) if done.returncode == 0 else {}


def under_attack(env: dict[str, str], port: int, args: argparse.Namespace) -> None:
    """Print what honest clients notice of eight hostile ones, and what it costs in memory."""
    with web({**env, "GONGJIAN_PROXIES": "1"}, port) as app:
        for attacked in (False, True, False):
            before = cpu.largest_mb(app)
            report = hostile.run(port, seconds=args.seconds, attacked=attacked)
            print(f"\n{'eight hostile clients' if attacked else 'alone'}, {report.seconds:.0f} s")
            print(*report.lines(), sep="\n")
            print(f"largest worker: {before:.0f} MB before, {cpu.largest_mb(app):.0f} MB after")


def show(rows: list[dict[str, Any]]) -> None:
    head = f"{'work':<16}{'cases':>10}{'rps':>9}{'p50 ms':>9}{'p99 ms':>9}"
    head += f"{'app ms':>9}{'pg ms':>9}{'x bare':>8}{'most ms':>9}{'KB':>8}"
    print(head, "-" * len(head), sep="\n")
    for r in rows:
        most = MOST.get(r["work"].removesuffix(" gzip"), 0)
        mark = " !" if most and r["cpu_app_ms"] + r["cpu_pg_ms"] > most else ""
        print(
            f"{r['work']:<16}{r['cases']:>10,}{r['rps']:>9}{r['p50_ms']:>9}{r['p99_ms']:>9}"
            f"{r['cpu_app_ms']:>9}{r['cpu_pg_ms']:>9}{r['ratio_bare']:>8}{most or '':>9}{r['kb']:>8}{mark}"
        )


def growth(rows: list[dict[str, Any]]) -> None:
    """Print how CPU per request grew from the smallest size to the largest."""
    sizes = sorted({r["cases"] for r in rows})
    cost = {(r["work"], r["cases"]): r["cpu_app_ms"] + r["cpu_pg_ms"] for r in rows}
    print(f"\ngrowth {sizes[0]:,} -> {sizes[-1]:,}")
    for work in dict.fromkeys(r["work"] for r in rows):
        print(f"{work:<16}{cost[work, sizes[-1]] / max(cost[work, sizes[0]], 0.001):>8.2f}x")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--hostile", action="store_true", help="eight hostile clients in place of the sizes")
    args = parser.parse_args()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    rows: list[dict[str, Any]] = []
    with database() as cluster, tempfile.TemporaryDirectory(prefix="gj-home-") as home:
        env = environment(cluster, Path(home), port)
        command(env, "prepare")
        if args.hostile:
            under_attack(env, port, args)
            return
        for size in (int(s) for s in args.sizes.split(",")):
            rows += at_size(size, env, cluster, port, args)
            show(rows[-len(rows) :])
    growth(rows)
    RESULTS.parent.mkdir(exist_ok=True)
    machine = {"cores": os.cpu_count(), "python": sys.version.split()[0], "at": datetime.now(UTC).isoformat()}
    RESULTS.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1, ensure_ascii=False) + "\n")
    print(f"\nwritten to {RESULTS.relative_to(HERE)}")


if __name__ == "__main__":
    main()
