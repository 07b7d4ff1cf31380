"""Drawing a report in tests: the page as the worker writes it, and the real renderer in its own process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import segno
from flask import Flask, g, render_template
from flask_babel import force_locale

from app.adapters.pdf import Enclosed, PrintRoom, Sheet
from app.config import ROOT
from app.domain.printing import printable, printable_all
from app.domain.words import babel_locale
from app.features.inspections.report import content_of
from app.features.reports.report import Content
from tests.factories.frozen import Built

ISSUED = datetime(2026, 11, 19, 1, 30, tzinfo=UTC)
ADDRESS = "https://reports.northmere.example/verify/9f2c61d0a4b84e7cb1d35e0f77a1c2ab"
CSS = (ROOT / "templates" / "pdf" / "report.css").read_text("utf-8")


@dataclass(frozen=True)
class Control:
    """What the reports machine gives a template."""

    number: str
    revision: int
    digest: str
    verify_url: str = ADDRESS
    verify_qr: str = ""
    fingerprint: str = ":".join(f"{n * 7 % 256:02X}" for n in range(32))
    issued_at: datetime = ISSUED
    organisation: str = "Northmere Pumps"
    level: str = "B-B"


def content(app: Flask, built: Built, language: str) -> Content:
    with app.app_context():
        return content_of(built.body.decode(), language)


def page(app: Flask, built: Built, language: str) -> str:
    """The HTML, written as the worker does it."""
    made = content(app, built, language)
    with app.app_context(), force_locale(babel_locale(language)):
        g.language = language
        given: dict[str, Any] = printable_all(dict(made.context))
        code = segno.make(ADDRESS, error="m").svg_data_uri(border=0, dark="#14191f")
        control = Control(built.record["number"], built.record["revision"], made.digest, verify_qr=code)
        return printable(
            render_template(
                f"pdf/{made.template}", **given, control=control, title=made.title, subject=made.subject
            )
        )


def draw(app: Flask, room: PrintRoom, built: Built, language: str, folder: Path) -> Path:
    """The report as a file in `folder`, drawn by the room; seals are not on it."""
    made = content(app, built, language)
    photos = {}
    for sha256, data in built.photos.items():
        photos[sha256] = folder / f"{sha256}.jpg"
        photos[sha256].write_bytes(data)
    sheet = Sheet(
        html=page(app, built, language),
        css=CSS,
        identifier=made.digest[:32],
        made_at=ISSUED,
        photos=photos,
        enclosed=[
            Enclosed(each.name, each.mime, each.data, each.relationship, each.description, each.made_at)
            for each in made.attachments
        ],
        anchors=[seal.anchor for seal in made.seals],
    )
    target = folder / f"report-{language}.pdf"
    with room.drawn(sheet) as drawn:
        target.write_bytes(drawn.path.read_bytes())
    return target
