"""Reports: our whole way from the frozen record to a sealed PDF, beside WeasyPrint alone and Chromium."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from flask import Flask, g, render_template
from flask_babel import force_locale
from PIL import Image

from app.adapters import clock, seal_keys, seal_public
from app.adapters.pdf import Enclosed, PrintRoom, Sheet
from app.adapters.seal import PLAIN, Deed, Sealer
from app.adapters.seal_check import CheckRoom
from app.config import ROOT, read_config
from app.factory import create_app
from app.features.reports.report import Seal
from bench.server import TICKS, children_of, data_folder
from bench.table import RUNS, Line, middle, ms, number, times
from tests.browser.phone import CHROMIUM
from tests.factories import printing
from tests.factories.frozen import Built, audit

PHOTOS = (0, 20, 150)
SIZE = (1280, 960)  # what the server prepares
CHROMIUM_RUNS = 3  # each starts a browser
TARGET_RATIO, TARGET_MEMORY = 1.3, 200
STAMP_CSS = (ROOT / "templates" / "pdf" / "stamp.css").read_text("utf-8")


@dataclass(frozen=True)
class Cost:
    """Seconds of processor and of the clock, MB at the peak, bytes of the PDF."""

    cpu: float
    wall: float
    peak: float
    size: int

    def __str__(self) -> str:
        figures = f"CPU {ms(self.cpu)}, wall {ms(self.wall)}, {number(self.peak)} MB"
        return f"{figures}, PDF {number(self.size / 1e6)} MB"


def lines() -> list[Line]:
    with data_folder() as data:
        app = create_app(
            read_config(
                {"PLUMBLINE_DATA": str(data), "PUBLIC_URL": "http://localhost", "PLUMBLINE_DEMO": "0"}
            )
        )
        found = []
        for count in PHOTOS:
            built = audit(photos=count, pictures=pictures(count))
            folder = data / str(count)
            folder.mkdir()
            found += _beside(app, built, count, folder)
        return found


def _beside(app: Flask, built: Built, count: int, folder: Path) -> list[Line]:
    photos = {}
    for sha256, picture in built.photos.items():
        photos[sha256] = folder / f"{sha256}.jpg"
        photos[sha256].write_bytes(picture)
    (folder / "page.html").write_text(printing.page(app, built, "en"), "utf-8")
    (folder / "page.css").write_text(printing.CSS, "utf-8")
    ours, sealing, checking = _ours(app, built, photos, folder)
    bare = _bare(folder)
    chromium = _chromium(folder)
    target = f"≤ {TARGET_RATIO} x WeasyPrint, less than Chromium, ≤ {TARGET_MEMORY} MB"
    met = ours.cpu <= TARGET_RATIO * bare.cpu and ours.wall <= chromium.wall and ours.peak <= TARGET_MEMORY
    return [
        Line(
            f"Report of 59 answers and {count} photos, from the record to the sealed PDF/A-3u",
            str(ours),
            f"WeasyPrint alone, neither PDF/A nor sealed: {bare}; Chromium: {chromium}",
            f"CPU {times(ours.cpu, bare.cpu)} WeasyPrint, {times(ours.cpu, chromium.cpu)} Chromium",
            target,
            met,
        ),
        Line(
            f"Of that, two seals on {count} photos; verifying the file",
            f"sealing {ms(sealing)}, verifying {ms(checking)}",
        ),
    ]


def _ours(app: Flask, built: Built, photos: dict[str, Path], folder: Path) -> tuple[Cost, float, float]:
    """The middle of each figure: the whole, the seals of it, and verifying afterwards."""
    fonts, keys = folder / "fonts", seal_public.folder_in(folder)
    fonts.mkdir()
    seal_keys.ensure(keys, "Northmere Pumps", "http://localhost", clock.now())
    room, checks = PrintRoom(fonts), CheckRoom()
    target = folder / "ours.pdf"
    try:
        room.warm()
        _issue(app, room, keys, built, photos, target)  # fonts and modules are loaded with the first one
        checks.check(target, keys / seal_public.CA, ())
        costs, sealing, checking = [], [], []
        for _ in range(RUNS):
            assert room.pid is not None
            before = time.process_time() + _cpu(room.pid)
            begun = time.perf_counter()
            sealing.append(_issue(app, room, keys, built, photos, target))
            wall = time.perf_counter() - begun
            _at_rest(room.pid)  # it tidies up after its answer: that is part of the cost
            cpu = time.process_time() + _cpu(room.pid) - before
            costs.append(Cost(cpu, wall, _peak(room.pid), target.stat().st_size))
            begun = time.perf_counter()
            checks.check(target, keys / seal_public.CA, ())
            checking.append(time.perf_counter() - begun)
    finally:
        room.close()
        checks.close()
    return _middle(costs), middle(sealing), middle(checking)


def _issue(
    app: Flask, room: PrintRoom, keys: Path, built: Built, photos: dict[str, Path], target: Path
) -> float:
    """As the worker does it, without the database; seconds the seals took."""
    content = printing.content(app, built, "en")
    with app.app_context(), force_locale("en"):
        g.language = "en"
        stamps = {seal.anchor: _stamp(seal) for seal in content.seals}
    sheet = Sheet(
        html=printing.page(app, built, "en"),
        css=printing.CSS,
        identifier=content.digest[:32],
        made_at=printing.ISSUED,
        photos=photos,
        enclosed=[
            Enclosed(each.name, each.mime, each.data, each.relationship, each.description, each.made_at)
            for each in content.attachments
        ],
        anchors=[seal.anchor for seal in content.seals],
        stamps=stamps,
        stamp_css=STAMP_CSS,
    )
    with room.drawn(sheet) as drawn:
        begun = time.perf_counter()
        boxes = {seal.field: drawn.boxes[seal.anchor] for seal in content.seals}
        deeds = [
            Deed(seal.field, seal.name or "", seal.meaning, drawn.stamps[seal.anchor])
            for seal in content.seals
        ]
        Sealer(keys, "Northmere Pumps").seal(drawn.path, target, boxes, deeds, printing.ADDRESS, PLAIN)
        return time.perf_counter() - begun


def _stamp(seal: Seal) -> str:
    told = {**asdict(seal), "at": seal.at.isoformat() if seal.at else ""}
    return render_template("pdf/stamp.html", seal=told, organisation="Northmere Pumps")


def _bare(folder: Path) -> Cost:
    """WeasyPrint in a process of its own, warm (bench/bare_report.py)."""
    asked = [sys.executable, "-m", "bench.bare_report", str(folder), str(RUNS)]
    told = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
    return _middle([Cost(**run) for run in json.loads(told.stdout)])


def _chromium(folder: Path) -> Cost:
    html = (folder / "page.html").read_text("utf-8")
    html = html.replace("<head>", '<head><link rel="stylesheet" href="page.css">', 1)
    for path in folder.glob("*.jpg"):
        html = html.replace(f"photo:{path.stem}", path.name)
    (folder / "chromium.html").write_text(html, "utf-8")
    return _middle([_printed(folder) for _ in range(CHROMIUM_RUNS)])


def _printed(folder: Path) -> Cost:
    target, profile = folder / "chromium.pdf", folder / "profile"
    target.unlink(missing_ok=True)
    command = [CHROMIUM, "--headless", "--disable-gpu", f"--user-data-dir={profile}", "--no-first-run"]
    command += ["--no-sandbox"] if os.geteuid() == 0 else []
    command += ["--no-pdf-header-footer", f"--print-to-pdf={target}", (folder / "chromium.html").as_uri()]
    used: dict[int, float] = {}
    peak = 0.0
    begun = time.perf_counter()
    with (folder / "chromium.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        while process.poll() is None:
            family = _family(process.pid)
            used |= {pid: seconds for pid in family if (seconds := _quiet(_cpu, pid))}
            peak = max(peak, sum(_quiet(_share, pid) for pid in family))
            time.sleep(0.02)
    wall = time.perf_counter() - begun
    if not target.exists():
        raise RuntimeError((folder / "chromium.log").read_text(errors="replace")[-2000:])
    shutil.rmtree(profile, ignore_errors=True)
    return Cost(sum(used.values()), wall, peak, target.stat().st_size)


def _middle(costs: list[Cost]) -> Cost:
    return Cost(
        middle(cost.cpu for cost in costs),
        middle(cost.wall for cost in costs),
        max(cost.peak for cost in costs),
        costs[-1].size,
    )


def _family(pid: int) -> list[int]:
    """A process and all its descendants that are there now."""
    found, new = [pid], [pid]
    while new:
        children: list[int] = []
        for parent in new:
            children += children_of(parent)
        found += children
        new = children
    return found


def _quiet(measure: Callable[[int], float], pid: int) -> float:
    """A process may end while it is looked at."""
    try:
        return measure(pid)
    except (OSError, IndexError):
        return 0.0


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _at_rest(pid: int) -> None:
    """Until the process has used no processor for a while."""
    used = -1.0
    while used != (used := _cpu(pid)):
        time.sleep(0.2)


def _peak(pid: int) -> float:
    """MB of the most it ever held."""
    told = Path(f"/proc/{pid}/status").read_text()
    return int(told.partition("VmHWM:")[2].split()[0]) / 1024


def _share(pid: int) -> float:
    """MB it holds now, shared pages by share."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def pictures(count: int) -> dict[str, bytes]:
    """Photos as the server prepares them: 1280 pixels, about 150 KB, every second one upright."""
    grain = Image.effect_noise((SIZE[0] // 2, SIZE[1] // 2), 8).resize(SIZE).convert("RGB")
    turned = grain.rotate(90, expand=True)
    made = {}
    for place in range(count):
        image = (turned if place % 2 else grain).copy()
        image.paste(((37 * place) % 256, (91 * place) % 256, 60), (40, 40, 400, 300))
        held = io.BytesIO()
        image.save(held, "JPEG", quality=78)
        made[hashlib.sha256(held.getvalue()).hexdigest()] = held.getvalue()
    return made
