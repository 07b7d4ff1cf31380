"""Inspections for devices: one with everything the server holds of it, and its operations page by page."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, jsonify, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.adapters.blobs import BlobStore
from app.adapters.pictures import SCREEN_WIDTH, copy_name
from app.config import LANGUAGES
from app.db import reading
from app.domain.dates import local_day
from app.domain.errors import Invalid, NotFound, Stale
from app.domain.merge import Key, Register
from app.domain.words import pick
from app.features.checklists.api import bundle
from app.features.evidence.queries import present_among
from app.features.inspections import queries
from app.features.inspections.models import Inspection, OpenPoint
from app.features.inspections.queries.page import away
from app.features.inspections.queries.walk import told
from app.features.operations.queries import decided, epoch_of, head_seq, history, state_of, travel
from app.web.errors import API
from app.web.i18n import language
from app.web.identity import actor, signed_in

bp = Blueprint("inspections_api", __name__, url_prefix="/api/v1/inspections")
BLOBS = "plumbline.blobs"  # under which wiring.py hangs the store
PAGE = 500
_PLAN = ("objectives", "scope", "criteria", "client")


def listed(
    inspection: Inspection, head: int | None = None, unit: dict[str, Any] | None = None
) -> dict[str, Any]:
    """An inspection as the phone's lists show it. `head` is left out where nobody asked for it; `unit`: of a
    walk, as queries/walk.py tells it, with the `rooms` of the walk.
    """
    title = pick(inspection.version.checklist.title, language())
    if inspection.repaired is not None:
        title = _("Re-inspection")
    site, company = inspection.site, inspection.company
    row: dict[str, Any] = {
        "id": str(inspection.id),
        "number": inspection.number,
        "title": title,
        "checklist": title,
        "version_id": str(inspection.version_id),
        "site": {"id": str(site.id), "name": site.name, "city": site.city, "time_zone": site.time_zone},
        "company": {"id": str(company.id), "name": company.name},
        "due": inspection.due.isoformat() if inspection.due else None,
        "state": inspection.state,
        "revision": inspection.revision,
        "planned": inspection.planned,
        "late": inspection.late,
        "answered": inspection.answered,
        "asked": inspection.asked,
        "score": None if inspection.score is None else f"{inspection.score // 10}.{inspection.score % 10}",
        "grade": inspection.grade,
        "provisional": inspection.provisional,
        "vetoed": inspection.vetoed,
        "completed_at": _milliseconds(inspection),
    }
    if head is not None:
        row["head"] = head
    if unit is not None:
        row |= {"unit": unit, "rooms": inspection.rooms}
    return row


def _milliseconds(inspection: Inspection) -> int | None:
    return int(inspection.completed_at.timestamp() * 1000) if inspection.completed_at else None


@bp.get("/<uuid:inspection_id>")
@signed_in
def one(inspection_id: UUID) -> Response:
    """Everything needed to go on with an inspection on this device, in one answer.

    `?form=<language>` adds the form of its checklist, for a phone that was never here: on a slow network
    every further answer costs more than half a second.
    """
    session = reading()
    found = queries.get_visible_to(session, actor(), inspection_id)
    epoch = epoch_of(session)
    head = head_seq(session, found.id)
    state = state_of(session, found.id)
    page = history(session, found.id, 0, PAGE)
    whole = listed(found, head, told(session, [found]).get(found.id))
    whole |= {name: queries.shown(state, "plan", name) for name in _PLAN}
    whole["version_sha256"] = found.version.sha256
    whole["contacts"] = [
        {
            "id": str(contact.id),
            "name": contact.name,
            "duty": contact.duty,
            "phone": contact.phone,
            "email": contact.email,
        }
        for contact in queries.contacts_of(session, found.company_id)
    ]
    whole["auditors"] = [{"id": str(a.person_id), "name": a.person.name} for a in queries.team(found)]
    whole["organisation"] = current_app.config["PLUMBLINE"].organisation
    whole["media_expected"] = _expected(session, found, state)
    points = queries.points_now(session, found, state)
    whole["open_points"] = [told_point(point, found.site.time_zone) for point in points]
    wanted = request.args.get("form")
    form = {"form": bundle(found.version, wanted)} if wanted in LANGUAGES else {}
    return jsonify(
        **form,
        api=API,
        epoch=epoch,
        head=head,
        inspection=whole,
        last=_last(session, found),
        operations=[travel(entry) for entry in page],
        decided=decided(session, found.id),
        **_cursor(epoch, page, head),
    )


def told_point(point: OpenPoint, time_zone: str) -> dict[str, Any]:
    """An open point of an earlier visit, as a phone shows it. `since`: a day of the site."""
    return {
        "id": str(point.id),
        "number": point.number,
        "text": point.words,
        "since": local_day(point.opened_at, time_zone).isoformat(),
        "person": point.person.name if point.person else None,
        "photo": point.photo,
    }


@bp.get("/<uuid:inspection_id>/points/<uuid:point_id>/photo")
@signed_in
def point_photo(inspection_id: UUID, point_id: UUID) -> Response:
    """A small copy of the photo that shows an open point. It may be another visit's, which this person need
    not see: whoever sees the inspection sees what it asks to look at.
    """
    session = reading()
    found = queries.get_visible_to(session, actor(), inspection_id)
    points = queries.points_now(session, found, state_of(session, found.id))
    photo = next((point.photo for point in points if point.id == point_id), None)
    if photo is None:
        raise NotFound()
    blobs: BlobStore = current_app.extensions[BLOBS]
    try:
        file = blobs.open_named(copy_name(photo, SCREEN_WIDTH))
    except FileNotFoundError:
        raise NotFound() from None
    response = Response(iter(partial(file.read, 64 * 1024), b""), mimetype="image/jpeg")
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.vary.add("Cookie")
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Content-Disposition"] = "inline"
    response.call_on_close(file.close)
    return response


def _expected(session: Session, found: Inspection, state: Mapping[Key, Register]) -> list[dict[str, Any]]:
    """Whose phones still hold photos that are named here."""
    named = {held.value["sha256"] for (_, name), held in state.items() if _is_photo(name, held)}
    here = present_among(session, named, found.id)
    return [
        {
            "person": each.person,
            "device": each.device,
            "photos": each.photos,
            "since": int(each.since.timestamp() * 1000),
            "heard": int(each.heard.timestamp() * 1000) if each.heard else None,
        }
        for each in away(session, found.id, state, here)
    ]


def _is_photo(name: str, held: Register) -> bool:
    return name.startswith("photo:") and held.value is not None


def _cursor(epoch: str, page: list[Any], head: int) -> dict[str, Any]:
    to = page[-1].operation.seq if page else head
    return {"to": to, "more": to < head, "after": f"{epoch}.{to}"}


def _last(session: Session, found: Inspection) -> dict[str, Any] | None:
    last = queries.last_before(session, found)
    if last is None or last.completed_at is None:
        return None
    answers = queries.answers_of(session, last.id)
    return {
        "id": str(last.id),
        "number": last.number,
        "date": last.completed_at.date().isoformat(),
        "score": None if last.score is None else f"{last.score // 10}.{last.score % 10}",
        "grade": last.grade,
        "answers": {
            question: {
                "score": answer["score"],
                "note": answer["note"],
                "reason": answer["reason"],
                "photos": [photo["sha256"] for photo in answer["photos"]],
            }
            for question, answer in answers.items()
        },
    }


@bp.get("/<uuid:inspection_id>/operations")
@signed_in
def operations(inspection_id: UUID) -> Response:
    """Operations after a cursor `<epoch>.<seq>`; another epoch or a cursor ahead of the server is a 409."""
    session = reading()
    found = queries.get_visible_to(session, actor(), inspection_id)
    epoch = epoch_of(session)
    head = head_seq(session, found.id)
    given, _, sequence = request.args.get("after", f"{epoch}.0").rpartition(".")
    limit = request.args.get("limit", str(PAGE))
    if not (sequence.isascii() and sequence.isdigit() and limit.isascii() and limit.isdigit()):
        raise Invalid("bad_request")
    if len(sequence) > 18 or len(limit) > 18:  # Python refuses to read endless digits
        raise Invalid("bad_request")
    after = int(sequence)
    if given != epoch:
        raise Stale("epoch_changed", epoch=epoch, head=head)
    if after > head:
        raise Stale("cursor_ahead", epoch=epoch, head=head)
    page = history(session, found.id, after, max(1, min(int(limit), PAGE)))
    return jsonify(
        api=API,
        epoch=epoch,
        head=head,
        operations=[travel(entry) for entry in page],
        decided=decided(session, found.id),
        **{"from": after},
        **_cursor(epoch, page, head),
    )
