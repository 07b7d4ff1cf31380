"""Audits of 100 answers pushed by 1 and by 8 phones, beside raw sqlite3, equally durable, in equal groups."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import dataclass

from app.db import journal_mode_for, new_id
from bench.server import Server, data_folder, serving
from bench.table import RUNS, Line, cut, middle, ms, number, percent
from bench.timing import Asking
from bench.world import ANSWERS, Load, World

AUDITS = 96  # per run, over all phones
WARM_UP = 16
HELLOS = 200  # per run
TARGET_CPU_MS, TARGET_OF_RAW, TARGET_P99 = 5, 0.5, 0.250


@dataclass
class Figures:
    """Audits a second and CPU-ms per audit of the middle run; percentiles over all runs, in seconds."""

    per_second: float
    cpu_ms: float
    p50: float
    p95: float
    p99: float
    group: float = 1.0  # audits in one commit, mean

    @classmethod
    def of(cls, runs: list[Run]) -> Figures:
        took = [each for run in runs for each in run.took]
        return cls(
            middle(len(run.took) / run.wall for run in runs),
            middle(run.cpu / len(run.took) * 1000 for run in runs),
            cut(took, 50),
            cut(took, 95),
            cut(took, 99),
            sum(len(run.took) for run in runs) / sum(run.commits for run in runs),
        )


@dataclass
class Run:
    """Latencies, wall seconds, CPU seconds of all server processes, and commits."""

    took: list[float]
    wall: float
    cpu: float
    commits: int


def lines() -> list[Line]:
    found = []
    yardstick = hello()
    for phones in (1, 8):
        ours = served(phones)
        batch = max(1, round(ours.group))
        found += _lines(phones, ours, raw(batch), batch, yardstick)
    return found


def _lines(phones: int, ours: Figures, beside: Figures, batch: int, yardstick: float) -> list[Line]:
    who = "1 phone" if phones == 1 else f"{phones} phones at once"
    base = f"raw sqlite3, {batch} audit{'s' if batch > 1 else ''} a commit"
    grouped = f" ({number(ours.group)} audits a commit)" if phones > 1 else ""
    return [
        Line(
            f"Push of 100-answer audits, {who}",
            f"{number(ours.per_second)} audits/s{grouped}",
            f"{base}: {number(beside.per_second)} audits/s",
            percent(ours.per_second, beside.per_second),
            f"≥ {TARGET_OF_RAW:.0%}".replace("%", " %"),
            ours.per_second >= TARGET_OF_RAW * beside.per_second,
        ),
        Line(
            f"CPU per audit, {who}, all server processes",
            f"{number(ours.cpu_ms)} ms",
            f"{base}: {number(beside.cpu_ms)} ms; one Flask hello: {number(yardstick)} ms",
            f"{ours.cpu_ms / beside.cpu_ms:.1f} x",
            f"≤ {TARGET_CPU_MS} ms",
            ours.cpu_ms <= TARGET_CPU_MS,
        ),
        Line(
            f"From sending to a durable receipt, {who}",
            f"p50 {ms(ours.p50)}, p95 {ms(ours.p95)}, p99 {ms(ours.p99)}",
            f"{base}: p50 {ms(beside.p50)}, p99 {ms(beside.p99)}",
            "",
            f"p99 ≤ {ms(TARGET_P99)}",
            ours.p99 <= TARGET_P99,
        ),
    ]


def hello() -> float:
    """CPU-ms of one request to a Flask app that says hello: how fast this machine's processor is just now."""
    with data_folder() as data, serving(data, "bench.references:hello") as server:
        asking = Asking(server.port)
        runs = []
        for _ in range(RUNS):
            cpu = server.cpu()
            for _ in range(HELLOS):
                asking.get("/")
            runs.append((server.cpu() - cpu) / HELLOS * 1000)
        return middle(runs)


def served(phones: int) -> Figures:
    """Through gunicorn, Flask and everything else, on a kept connection per phone; the warm-up is dropped."""
    each, warm = AUDITS // phones, max(2, WARM_UP // phones)
    with data_folder() as data:
        with World(data) as world:
            loads = world.loads(phones, warm + each * RUNS)
        with serving(data) as server:
            pushed(server, loads, 0, warm)
            return Figures.of([pushed(server, loads, warm + each * run, each) for run in range(RUNS)])


def pushed(server: Server, loads: list[Load], first: int, count: int) -> Run:
    """Every phone sends `count` of its audits, one after the other, all phones at the same time."""
    took: list[float] = []
    failed: list[BaseException] = []

    def send(load: Load) -> None:
        asking = Asking(server.port, load.headers)
        try:
            for body in load.bodies[first : first + count]:
                seconds, status, content = asking.post("/api/v1/sync/push", body)
                if status != 200 or content.count(b'"applied"') != ANSWERS:
                    raise RuntimeError(f"{status}: {content[:300]!r}")
                took.append(seconds)
        except Exception as error:
            failed.append(error)
        finally:
            asking.close()

    threads = [threading.Thread(target=send, args=(load,)) for load in loads]
    commits, cpu, begun = server.commits(), server.cpu(), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run = Run(took, time.perf_counter() - begun, server.cpu() - cpu, max(1, server.commits() - commits))
    if failed:
        raise failed[0]
    return run


def raw(batch: int) -> Figures:
    """As many bytes into one plain table, `batch` audits in a commit, the same journal and fsync."""
    with data_folder() as data, closing(sqlite3.connect(data / "raw.db", isolation_level=None)) as database:
        mode = journal_mode_for(sqlite3.sqlite_version_info)
        database.execute(f"PRAGMA journal_mode={mode}")
        database.execute("PRAGMA synchronous=FULL")
        columns = "id TEXT PRIMARY KEY, record TEXT, seq INTEGER, body TEXT, UNIQUE (record, seq)"
        database.execute(f"CREATE TABLE operations ({columns})")
        return Figures.of([_written(database, batch) for _ in range(RUNS)])


def _written(database: sqlite3.Connection, batch: int) -> Run:
    value = "x" * 330  # the mean size of an operation above
    audits = [
        [(str(new_id()), str(record), seq, value) for seq in range(ANSWERS)]
        for record in (new_id() for _ in range(AUDITS))
    ]
    took: list[float] = []
    cpu, begun = time.process_time(), time.perf_counter()
    for start in range(0, AUDITS, batch):
        together = audits[start : start + batch]
        began = time.perf_counter()
        database.execute("BEGIN IMMEDIATE")
        for rows in together:
            database.executemany("INSERT INTO operations VALUES (?, ?, ?, ?)", rows)
        database.execute("COMMIT")
        took += [time.perf_counter() - began] * len(together)
    wall, spent = time.perf_counter() - begun, time.process_time() - cpu
    return Run(took, wall, spent, -(-AUDITS // batch))
