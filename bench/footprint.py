"""How soon the web process answers, and how much memory it holds after 1,000 requests."""

from __future__ import annotations

from bench.server import OURS, data_folder, serving
from bench.table import RUNS, Line, middle, number, times
from bench.timing import Asking
from bench.world import World

HELLO = "bench.references:hello"
REQUESTS = 1000
TARGET_START, TARGET_MEMORY = 2.0, 120


def lines() -> list[Line]:
    with data_folder() as data:
        with World(data) as world:
            cookie = "=".join(world.session_cookie(world.cast.owner))
            planned = world.plan()
            load = world.loads(1, REQUESTS // 10)[0]
        started: dict[str, list[float]] = {OURS: [], HELLO: []}
        for _ in range(RUNS):
            for app, took in started.items():
                with serving(data, app) as server:
                    took.append(server.started_in)
        with serving(data) as server:
            asking, pushing = Asking(server.port, {"Cookie": cookie}), Asking(server.port, load.headers)
            one = f"/inspections/{planned}"
            paths = ("/inspections", one, "/api/v1/work", f"/api/v1{one}")
            for at in range(REQUESTS):
                if at % 10 == 9:
                    pushing.post("/api/v1/sync/push", load.bodies[at // 10])
                else:
                    asking.get(paths[at % len(paths)])
            ours, shared = server.memory("Rss"), server.memory("Pss")
        with serving(data, HELLO) as server:
            asking = Asking(server.port)
            for _ in range(REQUESTS):
                asking.get("/")
            least, least_shared = server.memory("Rss"), server.memory("Pss")
    start, hello = middle(started[OURS]), middle(started[HELLO])
    return [
        Line(
            "Cold start: from exec to the first good answer of /health (files cached)",
            f"{number(start)} s",
            f"Flask hello: {number(hello)} s",
            times(start, hello),
            f"≤ {number(TARGET_START)} s",
            start <= TARGET_START,
        ),
        Line(
            f"Memory of the web process after {REQUESTS:,} requests, 100 of them pushes (RSS)",
            f"{number(ours[0])} MB, master {number(ours[1])} MB (PSS {_sum(shared)} MB together)",
            f"Flask hello: {number(least[0])} MB, master {number(least[1])} MB (PSS {_sum(least_shared)} MB)",
            times(ours[0], least[0]),
            f"≤ {TARGET_MEMORY} MB a process",
            ours[0] <= TARGET_MEMORY,
        ),
    ]


def _sum(sizes: list[float]) -> str:
    return number(sum(sizes))
