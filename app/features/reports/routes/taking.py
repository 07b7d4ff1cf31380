"""Taking reports away: one as PDF, several as one ZIP that is written while it is sent. All in the
journal.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO
from uuid import UUID

from flask import Response, request

from app.adapters import clock
from app.adapters.blobs import BlobStore
from app.db import reading, transaction
from app.domain.errors import Invalid, Stale
from app.domain.permissions import Act
from app.features.reports import commands, queries
from app.features.reports.models import Report
from app.features.reports.routes import blobs, bp
from app.web.identity import actor, needs

MOST_AT_ONCE = 200
CHUNK = 256 << 10


@bp.get("/reports/<uuid:report_id>/file")
@needs(Act.SEE_REPORTS)
def download(report_id: UUID) -> Response:
    report = queries.get_visible_to(reading(), actor(), report_id)
    file = report.file
    if file is None:
        raise Stale("report_not_issued")
    with transaction() as session:
        commands.note_download(session, [report], clock.now(), actor().id)
    answer = Response(_chunks(blobs().open(file.sha256)), mimetype="application/pdf")
    answer.content_length = file.size
    inline = "inline" if request.args.get("show") == "1" else "attachment"
    answer.headers["Content-Disposition"] = f'{inline}; filename="{file_name(report)}"'
    answer.headers["Cache-Control"] = "no-store, private"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@bp.post("/reports/archive")
@needs(Act.SEE_REPORTS)
def archive() -> Response:
    """The chosen reports as one ZIP; what is not issued yet is left out only by saying so."""
    ids = []
    for given in request.form.getlist("report"):
        try:
            ids.append(UUID(given))
        except ValueError as error:
            raise Invalid("bad_request") from error
    if not ids:
        raise Invalid("required", field="report")
    if len(set(ids)) > MOST_AT_ONCE:
        raise Invalid("reports_too_many", limit=MOST_AT_ONCE)
    chosen = queries.several_visible_to(reading(), actor(), list(set(ids)))
    if any(report.file is None for report in chosen):
        raise Stale("report_not_issued")
    with transaction() as session:
        commands.note_download(session, chosen, clock.now(), actor().id)
    named = [(file_name(report), report.file.sha256) for report in chosen if report.file]
    answer = Response(_zipped(blobs(), named), mimetype="application/zip")
    day = clock.now().date().isoformat()
    answer.headers["Content-Disposition"] = f'attachment; filename="reports-{day}.zip"'
    answer.headers["Cache-Control"] = "no-store, private"
    return answer


def file_name(report: Report) -> str:
    """ "2026-0412-r1-zh-Hans.pdf": number, revision and language tell files apart in any folder."""
    number = re.sub(r"[^A-Za-z0-9._-]+", "-", report.number).strip("-.") or "report"
    return f"{number}-r{report.revision}-{report.language}.pdf"


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk


class _Pipe:
    """What the ZIP writer writes into and we send from: nothing to seek in, so nothing is kept."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        data, self._parts = b"".join(self._parts), []
        return data


def _zipped(store: BlobStore, named: list[tuple[str, str]]) -> Iterator[bytes]:
    pipe = _Pipe()
    target: Any = pipe
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as made:
        for name, sha256 in named:
            with made.open(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), "w") as entry:
                for chunk in _chunks(store.open(sha256)):
                    entry.write(chunk)
                    yield pipe.taken()
    yield pipe.taken()
