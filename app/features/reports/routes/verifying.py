"""Checking a report, open to anyone: by the file, or by the id on its paper. Nothing that is sent is kept.

A stranger learns number, revision, time and state, never supplier or grade; whose acts are sealed is read
from the stranger's own file.
"""

from __future__ import annotations

import re
from pathlib import Path

from flask import Response, current_app, render_template, request

from app.adapters import seal_public
from app.adapters.seal_check import LARGEST, CheckRoom
from app.db import reading
from app.domain.errors import Invalid, NotFound, Unavailable
from app.features.reports import queries, words
from app.features.reports.routes import ROOM, Answer, door
from app.web.i18n import OWN_NAMES
from app.web.identity import open_to_anyone
from app.web.limits import count

RATES = "6 per minute; 60 per hour"  # files cost seconds of a processor
LOOKS = "60 per minute"
VERIFY_ID = re.compile(r"[a-z2-7]{26}")


@door.url_value_preprocessor
def before_reading(endpoint: str | None, _values: object) -> None:
    """Counted, and the limit set, before any byte of the body is read."""
    if endpoint == "verify.check" and request.method == "POST":
        request.max_content_length = LARGEST + (1 << 20)
        count("verify", request.remote_addr or "", rates=RATES)


@door.get("/verify")
@open_to_anyone
def start() -> str:
    return _page()


@door.post("/verify")
@open_to_anyone
def check() -> Answer:
    """What the file is, in plain words."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Invalid("required", field="file")
    config = current_app.config["PLUMBLINE"]
    folder = seal_public.folder_in(config.data)
    if seal_public.ca_der(folder) is None:
        raise Unavailable("seal_missing")
    room: CheckRoom = current_app.extensions[ROOM]
    facts = room.check_upload(sent.stream, folder / seal_public.CA, seal_public.roots(folder))
    verification = queries.verify(reading(), facts, config.public_url)
    return _page(verification=verification, name=sent.filename[:120])


@door.get("/verify/<verify_id>")
@open_to_anyone
def by_id(verify_id: str) -> str:
    """What the QR code on paper leads to: is there such a report, and is it still the newest?"""
    count("verify-id", request.remote_addr or "", rates=LOOKS)
    wanted = verify_id.lower()
    report = queries.by_verify_id(reading(), wanted) if VERIFY_ID.fullmatch(wanted) else None
    if report is None:
        raise NotFound()
    newer = queries.newer_revision(reading(), report)
    return _page(report=report, newer=newer)


@door.get("/verify/certificate")
@open_to_anyone
def certificate() -> str:
    """Our certificate, its fingerprint, and how to check without us."""
    der = seal_public.ca_der(_folder())
    return render_template(
        "reports/certificate.html", fingerprint=seal_public.fingerprint(der), ready=der is not None
    )


@door.get("/verify/certificate.crt")
@open_to_anyone
def certificate_file() -> Response:
    return _public(seal_public.ca_der(_folder()), "application/pkix-cert", "plumbline-seal.crt")


@door.get("/verify/seals.crl")
@open_to_anyone
def withdrawn() -> Response:
    return _public(seal_public.crl_der(_folder()), "application/pkix-crl", "seals.crl")


def _folder() -> Path:
    return seal_public.folder_in(current_app.config["PLUMBLINE"].data)


def _public(data: bytes | None, mimetype: str, name: str) -> Response:
    if data is None:
        raise NotFound()
    answer = Response(data, mimetype=mimetype)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


def _page(**told: object) -> str:
    given = {"verification": None, "report": None, "newer": None, "name": "", **told}
    fingerprint = seal_public.fingerprint(seal_public.ca_der(_folder()))
    return render_template(
        "reports/verify.html", words=words, fingerprint=fingerprint, languages=OWN_NAMES, **given
    )
