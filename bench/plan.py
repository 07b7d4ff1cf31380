"""A 40-page A1 plan with 300 pins: drawn, cut into tiles, and moved under two fingers on a slow processor."""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import pikepdf
from playwright.sync_api import CDPSession, Page

from app.adapters.blobs import LocalBlobs
from app.adapters.plans import TILE_LIMITS, KeptPlan, PlanRoom, keep_plan, keep_tiles
from app.db import new_id, transaction
from app.features.inspections.models import Defect
from app.features.places.models import Building, Estate, Plan, Unit, UnitType
from bench.browser import SLOWER_CPU, address, phone, slow_page
from bench.server import data_folder, serving
from bench.table import Line, ms, number
from bench.world import World

PAGES, PINS, LINES = 40, 300, 20_000
A1 = (2384, 1684)  # points
LONGEST_TASK = 0.050
T = TypeVar("T")
ROUNDS = 4
_LISTEN = """
globalThis.frames = [];
const beat = (at) => { globalThis.frames.push(at); requestAnimationFrame(beat); };
globalThis.begin = () => {
  globalThis.frames.length = 0;
  requestAnimationFrame(beat);
};
"""


def lines() -> list[Line]:
    with data_folder() as data:
        with World(data) as world:
            blobs = LocalBlobs(data / "blobs")
            path = _drawing(data / "plan.pdf")
            drawn, kept = _costs(lambda: keep_plan(blobs, PlanRoom(), path, 7))
            cut, levels = _costs(lambda: keep_tiles(blobs, PlanRoom(TILE_LIMITS), kept))
            page = _pinned(world, kept, levels)
            cookie = world.session_cookie(world.cast.admin)
        with serving(data) as server, phone(server, cookie) as context:
            context.add_init_script(_LISTEN)
            shown, _ = slow_page(context, network=False)
            shown.goto(address(server, page))
            shown.locator(".pinplan__map.is-drawn").wait_for()
            shown.wait_for_load_state("networkidle")
            shown.wait_for_timeout(500)
            shown.evaluate("begin()")
            tasks = _traced(shown, context.new_cdp_session(shown))
            frames = shown.evaluate("frames")
    gaps = sorted((b - a) / 1000 for a, b in pairwise(frames))
    busy, slow = max(each.used for each in tasks), sum(each.used > LONGEST_TASK for each in tasks)
    waited = sum(each.took > LONGEST_TASK for each in tasks)
    size = f"{PAGES} pages A1, {path.name}, {LINES:,} lines on the page"
    return [
        Line(
            f"Plan pinched and dragged with {PINS} pins, {SLOWER_CPU}x slower processor: longest task",
            f"{ms(busy)} of the processor, {slow} of {len(tasks):,} over 50 ms ({waited} by the clock)",
            f"a frame: p50 {ms(gaps[len(gaps) // 2])}, p95 {ms(gaps[len(gaps) * 95 // 100])}",
            "",
            "no task over 50 ms",
            busy <= LONGEST_TASK,
        ),
        Line(f"Its picture, drawn once ({size})", drawn),
        Line(f"Its tiles up to {levels[-1][0] if levels else 0} pixels, cut once by the worker", cut),
    ]


def _drawing(path: Path) -> Path:
    """As a drawing office exports it: many thin lines on each sheet."""
    chance = random.Random(6)
    made = pikepdf.new()
    for number_of in range(1, PAGES + 1):
        sheet = made.add_blank_page(page_size=A1)
        strokes = LINES if number_of == 7 else 500
        parts = []
        for _ in range(strokes):
            x, y = chance.randrange(A1[0]), chance.randrange(A1[1])
            parts.append(f"{x} {y} m {x + chance.randrange(-90, 90)} {y + chance.randrange(-90, 90)} l S")
        sheet.contents_add(b"0.3 w " + " ".join(parts).encode())
    made.save(path)
    return path


def _costs(work: Callable[[], T]) -> tuple[str, T]:
    """What it took, with everything it started, and what it gave."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    found = work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    memory = after.ru_maxrss / 1024
    wall = time.monotonic() - begun
    return f"{number(wall)} s, CPU {number(used)} s, {number(memory)} MB at most", found


def _pinned(world: World, kept: KeptPlan, levels: list[list[int]]) -> str:
    """The address of the plan with its pins."""
    record = world.plan()
    chance = random.Random(7)
    now = datetime.now(UTC)
    with world.app.app_context(), transaction() as session:
        estate = Estate(id=new_id(), site_id=world.cast.site, name="Lakeside", code="LC", created_at=now)
        session.add(estate)
        session.flush()
        building = Building(id=new_id(), estate_id=estate.id, name="Tower 2", position=1)
        kind = UnitType(id=new_id(), estate_id=estate.id, code="A1", rooms=[])
        session.add_all([building, kind])
        session.flush()
        facts: dict[str, Any] = {"floor": "15", "floor_order": 150, "name": "1502", "created_at": now}
        unit = Unit(id=new_id(), building_id=building.id, type_id=kind.id, short_id="0123ABCD", **facts)
        plan = Plan(
            id=new_id(),
            type_id=kind.id,
            revision=1,
            kind=kept.kind,
            sha256=kept.sha256,
            page=kept.page,
            pages=kept.pages,
            picture_sha256=kept.picture_sha256,
            width=kept.width,
            height=kept.height,
            tiles=levels,
            created_at=now,
            person_id=world.cast.admin,
        )
        session.add_all([unit, plan])
        session.flush()
        session.add_all(_defect(record, unit.id, plan.id, at, chance) for at in range(1, PINS + 1))
        return f"/estates/{estate.id}/types/{kind.id}/pins"


def _defect(record: UUID, unit: UUID, plan: UUID, at: int, chance: random.Random) -> Defect:
    pin = {"plan": str(plan), "x": chance.randrange(10_001), "y": chance.randrange(10_001)}
    words = {"text": f"Defect {at}", "lang": "en"}
    return Defect(
        id=new_id(),
        inspection_id=record,
        revision=1,
        number=at,
        row=new_id(),
        unit_id=unit,
        grade="ABC"[at % 3],
        text=words,
        pin=pin,
        due=date(2026, 12, 31),
        photos=[],
    )


class Task(NamedTuple):
    """One task of the page's own thread: seconds by the clock, and of the processor."""

    took: float
    used: float


def _traced(page: Page, tools: CDPSession) -> list[Task]:
    """Every task of the page while it is moved, as the browser's own trace has it. What other processes of a
    busy machine take from it counts by the clock only.
    """
    events: list[dict[str, Any]] = []
    done: list[object] = []
    tools.on("Tracing.dataCollected", lambda event: events.extend(event["value"]))
    tools.on("Tracing.tracingComplete", lambda event: done.append(event))
    wanted = ["toplevel", "disabled-by-default-devtools.timeline", "__metadata"]
    config = {"includedCategories": wanted, "excludedCategories": ["*"]}
    tools.send("Tracing.start", {"transferMode": "ReportEvents", "traceConfig": config})
    _move(page, tools)
    tools.send("Tracing.end")
    while not done:
        page.wait_for_timeout(50)
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    return [
        Task(event["dur"] / 1e6, event.get("tdur", event["dur"]) / 1e6)
        for event in events
        if event["name"] == "RunTask" and (event["pid"], event["tid"]) in mains and "dur" in event
    ]


def _move(page: Page, tools: CDPSession) -> None:
    """Two fingers apart, one across, two together; a few times, at the pace of a hand."""
    box = page.locator(".pinplan__map").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def touch(kind: str, *points: tuple[float, float]) -> None:
        spots = [{"x": px, "y": py, "id": at} for at, (px, py) in enumerate(points)]
        tools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": spots})
        page.wait_for_timeout(12)

    for _ in range(ROUNDS):
        for apart in (range(30, 150, 5), range(150, 60, -5)):
            first = apart[0]
            touch("touchStart", (x, y - first), (x, y + first))
            for step in apart:
                touch("touchMove", (x, y - step), (x, y + step))
            touch("touchEnd")
            for way in (1, -1):
                touch("touchStart", (x - way * 80, y))
                for step in range(-80, 80, 6):
                    touch("touchMove", (x + way * step, y + step / 2))
                touch("touchEnd")
            page.wait_for_timeout(900)  # it rests: the sharp pieces come
