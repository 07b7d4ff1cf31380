"""The list of 20,000 inspections beside one indexed query and 50 rows of Jinja on the same database."""

from __future__ import annotations

from pathlib import Path

from bench.server import OURS, data_folder, serving
from bench.table import RUNS, Line, cut, middle, ms, number, times
from bench.timing import Asking
from bench.world import World

INSPECTIONS = 20_000
REQUESTS = 40  # per run
PAGE = "bench.references:page"
TARGET_RATIO, TARGET_P95 = 4, 0.060
WAYS = {
    "first page": "/inspections",
    "filtered and sorted": "/inspections?state=completed&grade=B&sort=score",
}


def lines() -> list[Line]:
    with data_folder() as data:
        with World(data) as world:
            world.many_inspections(INSPECTIONS)
            cookie = "=".join(world.session_cookie(world.cast.manager))
        least = _p95(data, PAGE, "/", {})
        ours = {what: _p95(data, OURS, path, {"Cookie": cookie}) for what, path in WAYS.items()}
    found = []
    for what, (p50, p95, cpu) in ours.items():
        found.append(
            Line(
                f"List of {INSPECTIONS:,} inspections, {what}",
                f"p50 {ms(p50)}, p95 {ms(p95)}, {number(cpu)} CPU-ms",
                "indexed query + 50 rows of Jinja: "
                f"p50 {ms(least[0])}, p95 {ms(least[1])}, {number(least[2])} CPU-ms",
                times(p95, least[1]) + " at p95",
                f"≤ {TARGET_RATIO} x and ≤ {ms(TARGET_P95)} at p95" if what == "first page" else "",
                p95 <= TARGET_RATIO * least[1] and p95 <= TARGET_P95 if what == "first page" else None,
            )
        )
    return found


def _p95(data: Path, app: str, path: str, headers: dict[str, str]) -> tuple[float, float, float]:
    with serving(data, app) as server:
        asking = Asking(server.port, headers)
        for _ in range(10):
            asking.get(path)
        runs = []
        for _ in range(RUNS):
            cpu = server.cpu()
            took = [asking.get(path) for _ in range(REQUESTS)]
            runs.append((cut(took, 50), cut(took, 95), (server.cpu() - cpu) / REQUESTS * 1000))
        p50, p95, cpu = (middle(column) for column in zip(*runs, strict=True))
        return p50, p95, cpu
