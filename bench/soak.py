"""`make soak`: fifty phones for ten minutes against the real server; then everything they sent is looked for.

Each phone answers, sends, waits a little as people do; now and then an answer is lost on its way and the same
batch is sent again. At the end: every operation is there exactly once, no answer took long, memory has not
grown. `python -m bench.soak --minutes 1 --phones 10` is a short one.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import sys
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from app.db import new_id
from bench.server import Server, data_folder, serving
from bench.table import cut, ms, number
from bench.timing import Asking
from bench.world import NOTE, Begun, World

PATIENCE = 1.0  # seconds: what 99 of 100 answers may take at most
GROWTH_MB = 40  # what the process may gain after its first minute: caches fill, nothing else
LOST_ANSWERS = 0.05  # of all batches: the answer never reaches the phone
SETTLED = 0.2  # of the time, until memory counts


@dataclass
class Walk:
    """What one phone did: ids the server has confirmed, how long answers took, what went wrong."""

    sent: set[str] = field(default_factory=set)
    took: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


class Walker:
    """A phone that carries out one audit after the other until the time is over."""

    def __init__(self, given: Begun, seed: int) -> None:
        self.device, self.records, self.questions = given.device, given.records, given.questions
        self.headers = given.headers
        self.dice = random.Random(seed)
        self.walk = Walk()
        self.heads: dict[tuple[str, str, str], str] = {}
        self.n = 1

    def go(self, server: Server, until: float) -> None:
        asking = Asking(server.port, self.headers)
        try:
            while time.monotonic() < until:
                self._send(asking, [self._operation() for _ in range(self.dice.randint(1, 8))])
                time.sleep(self.dice.uniform(0.2, 2.0))
        except Exception as error:
            self.walk.wrong.append(repr(error))
        finally:
            asking.close()

    def _send(self, asking: Asking, operations: list[dict[str, object]]) -> None:
        body = {"batch": str(new_id()), "device": self.device, "build": "soak", "pending": 0}
        content = json.dumps({**body, "operations": operations}).encode()
        wanted = {"applied"}
        if self.dice.random() < LOST_ANSWERS:
            asking.post("/api/v1/sync/push", content)
            wanted = {"duplicate"}
        seconds, status, answer = asking.post("/api/v1/sync/push", content)
        self.walk.took.append(seconds)
        results = json.loads(answer).get("results", []) if status == 200 else []
        if {result["result"] for result in results} != wanted or len(results) != len(operations):
            self.walk.wrong.append(f"{status}: {answer[:200]!r}")
        self.walk.sent |= {result["id"] for result in results}

    def _operation(self) -> dict[str, object]:
        record = self.dice.choice(self.records)
        path, name = f"q/{self.dice.choice(self.questions)}", self.dice.choice(("score", "note"))
        value: object = self.dice.choice(("10", "8", "6", "4", "0")) if name == "score" else NOTE
        before = self.heads.get((record, path, name))
        self.n += 1
        made = str(new_id())
        self.heads[(record, path, name)] = made
        about = {"v": 1, "id": made, "record": {"kind": "inspection", "id": record}, "kind": "set"}
        where = {"path": path, "field": name, "value": value, "parents": [before] if before else []}
        clock = {"n": self.n, "lamport": self.n, "at": int(time.time() * 1000), "offset": 0}
        return {**about, **where, **clock, "device": self.device, "tz": "Asia/Shanghai"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.soak")
    parser.add_argument("--phones", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=10)
    given = parser.parse_args()
    with data_folder() as data:
        with World(data) as world:
            walkers = [Walker(world.begun(5), seed) for seed in range(given.phones)]
        with serving(data) as server:
            memory = _walk(server, walkers, given.minutes * 60)
        problems = _judge(walkers, data, memory)
    print("\n".join(problems) if problems else "Nothing was lost, nothing was slow, memory stayed.")
    return 1 if problems else 0


def _walk(server: Server, walkers: list[Walker], seconds: float) -> list[float]:
    """MB of the largest process, sampled from when it had settled until the end."""
    begun = time.monotonic()
    until = begun + seconds
    threads = [threading.Thread(target=walker.go, args=(server, until)) for walker in walkers]
    for thread in threads:
        thread.start()
    memory = []
    while any(thread.is_alive() for thread in threads):
        time.sleep(min(5.0, seconds / 20))
        if time.monotonic() - begun > seconds * SETTLED:
            memory.append(server.memory("Rss")[0])
    return memory


def _judge(walkers: list[Walker], data: Path, memory: list[float]) -> list[str]:
    sent = set().union(*(walker.walk.sent for walker in walkers))
    took = [each for walker in walkers for each in walker.walk.took]
    problems = [wrong for walker in walkers for wrong in walker.walk.wrong][:20]
    kept = _kept(data)
    if missing := sent - kept:
        problems.append(f"{len(missing)} operations that were confirmed are not there")
    p99, grown = cut(took, 99), max(memory) - memory[0]
    print(f"{len(sent):,} operations in {len(took):,} pushes from {len(walkers)} phones")
    print(
        f"Answers: p50 {ms(cut(took, 50))}, p95 {ms(cut(took, 95))}, p99 {ms(p99)}, slowest {ms(max(took))}"
    )
    print(f"Memory: {number(memory[0])} MB when settled, {number(max(memory))} MB at most")
    if p99 > PATIENCE:
        problems.append(f"1 of 100 answers took more than {ms(PATIENCE)}")
    if grown > GROWTH_MB:
        problems.append(f"memory grew by {number(grown)} MB")
    return problems


def _kept(data: Path) -> set[str]:
    """Ids of all stored operations. Raises when one is there twice or a sequence has a gap."""
    with closing(sqlite3.connect(data / "plumbline.db")) as database:
        rows = database.execute("SELECT id, record_id, seq FROM operations").fetchall()
    by_record: dict[str, list[int]] = {}
    for _, record, seq in rows:
        by_record.setdefault(record, []).append(seq)
    gaps = [record for record, seqs in by_record.items() if sorted(seqs) != list(range(1, len(seqs) + 1))]
    if gaps or len({row[0] for row in rows}) != len(rows):
        raise RuntimeError(f"gaps in {len(gaps)} records, or an operation twice")
    return {f"{i[:8]}-{i[8:12]}-{i[12:16]}-{i[16:20]}-{i[20:]}" for i, _, _ in rows}


if __name__ == "__main__":
    sys.exit(main())
