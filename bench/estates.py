"""An estate of 5,000 units: its grid, its heat map, its figures, what blocks keys; beside the bare SQL."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from sqlalchemy import update

from app.adapters import clock
from app.db import transaction
from app.features.places.models import Unit
from bench.server import OURS, data_folder, serving
from bench.table import RUNS, Line, cut, middle, ms, number, times
from bench.timing import Asking
from bench.world import World
from tests.factories.quality import many_units
from tests.factories.walk import raise_estate

BUILDINGS, FLOORS, PER_FLOOR = 25, 25, 8
TOMORROW = 200  # units whose keys are due
REQUESTS = 20  # per run
TARGET_P95, TARGET_BYTES = 0.300, 100_000
UNITS = BUILDINGS * FLOORS * PER_FLOOR
# what → address below the estate, the same rows by bare SQL, whether the target of time and size is its
WAYS = {
    "grid of states": ("", "/states", True),
    "heat map of open defects": ("/heat", "/open", True),
    "figures by trade, contractor, room, defect, class": ("/quality", "/defects", False),
    f"what blocks the keys of {TOMORROW} of them": ("/blocks", "/due", False),
}


def lines() -> list[Line]:
    with data_folder() as data:
        with World(data) as world:
            place = raise_estate(world.app, world.cast)
            units = many_units(world.app, place, world.cast.officer, BUILDINGS, FLOORS, PER_FLOOR)
            due = clock.now().date() + timedelta(days=1)
            with world.app.app_context(), transaction() as session:
                some = Unit.id.in_(units[:: UNITS // TOMORROW])
                session.execute(update(Unit).where(some).values(delivery_on=due))
            cookie = "=".join(world.session_cookie(world.cast.manager))
        addresses = [f"/estates/{place.estate}{ours}" for ours, _bare, _judged in WAYS.values()]
        ours = _measured(data, OURS, addresses, {"Cookie": cookie})
        least = _measured(data, "bench.references:rows", [bare for _ours, bare, _judged in WAYS.values()], {})
    found = []
    for (what, (_address, _bare, judged)), mine, bare in zip(WAYS.items(), ours, least, strict=True):
        p50, p95, cpu, size = mine
        found.append(
            Line(
                f"Estate of {UNITS:,} units, {what}",
                f"p50 {ms(p50)}, p95 {ms(p95)}, {number(cpu)} CPU-ms, {number(size / 1000)} KB",
                f"bare SQL of the same rows: p50 {ms(bare[0])}, p95 {ms(bare[1])}",
                times(p95, bare[1]) + " at p95",
                f"≤ {ms(TARGET_P95)} at p95, ≤ {TARGET_BYTES // 1000} KB" if judged else "",
                p95 <= TARGET_P95 and size <= TARGET_BYTES if judged else None,
            )
        )
    return found


def _measured(
    data: Path, app: str, paths: list[str], headers: Mapping[str, str]
) -> list[tuple[float, float, float, int]]:
    """Of each address p50, p95, CPU milliseconds and bytes of an answer."""
    with serving(data, app) as server:
        asking = Asking(server.port, headers)
        found = []
        for path in paths:
            for _ in range(3):
                asking.get(path)
            runs = []
            for _ in range(RUNS):
                cpu = server.cpu()
                took = [asking.get(path) for _ in range(REQUESTS)]
                runs.append((cut(took, 50), cut(took, 95), (server.cpu() - cpu) / REQUESTS * 1000))
            p50, p95, cost = (middle(column) for column in zip(*runs, strict=True))
            found.append((p50, p95, cost, _size(server.port, path, headers)))
        return found


def _size(port: int, path: str, headers: Mapping[str, str]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers=dict(headers))
    return len(connection.getresponse().read())
