"""From "complete" on a phone to the sealed PDF it can open: server and worker as `make run` starts them."""

from __future__ import annotations

import json
import time
from typing import Any
from uuid import UUID

from bench.report import pictures
from bench.server import Server, data_folder, serving, working
from bench.table import RUNS, Line, middle, number
from bench.timing import Asking
from bench.world import Load, World

PHOTOS = 20
TARGET = 5.0  # seconds
LOOK = 0.05  # seconds between two looks at the list of reports
PATIENCE = 120.0


def lines() -> list[Line]:
    with data_folder() as data:
        with World(data) as world:
            load = world.answered([list(pictures(PHOTOS).values()) for _ in range(RUNS + 1)])
        with serving(data) as server, working(data) as worker:
            runs = [_issued(server, worker, load, body) for body in load.bodies][1:]  # the first one warms up
    seconds, cpu = middle(wall for wall, _ in runs), middle(cpu for _, cpu in runs)
    return [
        Line(
            f"From “complete” to the sealed PDF, 59 answers, {PHOTOS} photos",
            f"{number(seconds)} s, longest {number(max(wall for wall, _ in runs))} s",
            f"processor time of the worker in it: {number(cpu)} s",
            "",
            f"≤ {number(TARGET)} s",
            seconds <= TARGET,
        )
    ]


def _issued(server: Server, worker: Server, load: Load, body: bytes) -> tuple[float, float]:
    """Seconds until the report can be downloaded, and the worker's processor seconds."""
    record = UUID(json.loads(body)["operations"][0]["record"]["id"])
    asking = Asking(server.port, load.headers)
    cpu, begun = worker.cpu(), time.perf_counter()
    _, status, content = asking.post("/api/v1/sync/push", body)
    if status != 200 or b'"applied"' not in content:
        raise RuntimeError(f"{status}: {content[:300]!r}")
    while not _download(asking.read(f"/api/v1/reports/of/inspection/{record}")):
        if time.perf_counter() - begun > PATIENCE:
            raise RuntimeError((worker.data / "worker.log").read_text()[-2000:])
        time.sleep(LOOK)
    took = time.perf_counter() - begun
    asking.close()
    return took, worker.cpu() - cpu


def _download(told: dict[str, Any]) -> str | None:
    found: list[dict[str, Any]] = told["reports"]
    return next((report["download"] for report in found if report["download"]), None)
