"""Unit types at the desk: rooms in walking order, and the revisions of their plan."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, send_file, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.adapters import clock
from app.adapters.blobs import BlobStore
from app.adapters.plan_tiles import tile, tiles_name
from app.adapters.plans import LARGEST_FILE, KeptPlan, PlanRoom, keep_plan, original_name, picture_name
from app.db import reading, transaction
from app.domain.errors import Invalid, NotFound, PlumblineError, Stale
from app.domain.estates import MOST_ROOMS, ROOM_KINDS, new_room_id
from app.domain.parties import tidy
from app.domain.permissions import Act
from app.domain.words import LANGUAGES, babel_locale
from app.features.places import words
from app.features.places.commands import estates as commands
from app.features.places.commands.plans import add_plan as store_plan
from app.features.places.forms import PageForm, PlanForm, TypeForm
from app.features.places.models import Estate, UnitType
from app.features.places.queries import estates as queries
from app.features.places.routes.estates import Answer, estates_bp, managed
from app.web.i18n import language
from app.web.i18n import words as said
from app.web.identity import actor, needs
from app.web.limits import count

BLOBS, ROOM = "plumbline.plan_blobs", "plumbline.plan_room"
RATES = "120 per hour"  # drawing a page costs seconds of a processor
SPARE_ROWS = 3
USUAL = ("entrance", "living", "bedroom", "bedroom", "kitchen", "bathroom", "balcony", "unit")
_YEAR = 31_536_000


@estates_bp.url_value_preprocessor
def before_reading(endpoint: str | None, _values: object) -> None:
    """Plans may be larger than other forms; known before any byte of the body is read."""
    if endpoint == "estates.add_plan" and request.method == "POST":
        request.max_content_length = LARGEST_FILE + (1 << 20)


@estates_bp.get("/estates/<uuid:estate_id>/types/new")
@needs(Act.MANAGE_PLACES)
def new_type(estate_id: UUID) -> str:
    estate = managed(estate_id)
    return _page(estate, None, TypeForm(), _rows([{"kind": kind} for kind in USUAL]))


@estates_bp.post("/estates/<uuid:estate_id>/types")
@needs(Act.MANAGE_PLACES)
def add_type(estate_id: UUID) -> Answer:
    estate = managed(estate_id)
    form = TypeForm()
    typed = _typed()
    if "more" in request.form:
        return _page(estate, None, form, typed)
    if not form.validate():
        return _page(estate, None, form, typed), 422
    try:
        with transaction() as session:
            values = {"code": form.code.data, "name": form.name.data, "rooms": _rooms(typed, [])}
            made = commands.add_type(session, actor(), estate_id, clock.now(), **values)
    except Invalid as error:
        status = form.refuse(error)
        return _page(estate, None, form, typed), status
    flash(_("The type is added. Its plan comes next."))
    return redirect(url_for(".type_page", estate_id=estate_id, type_id=made.id), 303)


@estates_bp.get("/estates/<uuid:estate_id>/types/<uuid:type_id>")
@needs(Act.SEE_PLACES)
def type_page(estate_id: UUID, type_id: UUID) -> str:
    estate, found = _found(estate_id, type_id)
    return _page(estate, found, TypeForm(obj=found), _rows(_of(found)))


@estates_bp.post("/estates/<uuid:estate_id>/types/<uuid:type_id>")
@needs(Act.MANAGE_PLACES)
def change_type(estate_id: UUID, type_id: UUID) -> Answer:
    estate = managed(estate_id)
    found = queries.type_of(reading(), estate_id, type_id)
    form = TypeForm()
    typed = _typed()
    if "more" in request.form:
        return _page(estate, found, form, typed)
    if not form.validate():
        return _page(estate, found, form, typed), 422
    known = form.record_version.data
    try:
        with transaction() as session:
            values = {"code": form.code.data, "name": form.name.data, "rooms": _rooms(typed, found.rooms)}
            commands.edit_type(session, actor(), estate_id, type_id, known, clock.now(), **values)
    except (Invalid, Stale) as error:
        status = form.refuse(error)
        estate, found = _found(estate_id, type_id)
        return _page(estate, found, form, typed, stale=status == 409), status
    flash(_("Saved."))
    return redirect(url_for(".type_page", estate_id=estate_id, type_id=type_id), 303)


@estates_bp.post("/estates/<uuid:estate_id>/types/<uuid:type_id>/plans")
@needs(Act.MANAGE_PLACES)
def add_plan(estate_id: UUID, type_id: UUID) -> Answer:
    """A plan from a file: PDF or picture; of a PDF one page."""
    estate = managed(estate_id)
    found = queries.type_of(reading(), estate_id, type_id)
    form = PlanForm()
    try:
        if not form.validate():
            return _plans_refused(estate, found, form), 422
        count("plan", str(actor().id), rates=RATES)
        with TemporaryDirectory(prefix="plumbline-upload-") as folder:
            path = Path(folder) / "file"
            form.file.data.save(path)
            kept = keep_plan(_blobs(), _room(), path, form.page.data or 1)
    except PlumblineError as error:
        status = form.refuse(error)
        return _plans_refused(estate, found, form), status
    return _stored(estate_id, type_id, kept, form.file.data.filename or "")


@estates_bp.post("/estates/<uuid:estate_id>/types/<uuid:type_id>/plans/<uuid:plan_id>/page")
@needs(Act.MANAGE_PLACES)
def other_page(estate_id: UUID, type_id: UUID, plan_id: UUID) -> Answer:
    """Another page of a file that is here already, as the next revision."""
    estate = managed(estate_id)
    found = queries.type_of(reading(), estate_id, type_id)
    plan = next((each for each in queries.plans_of(reading(), type_id) if each.id == plan_id), None)
    if plan is None:
        raise NotFound()
    form = PageForm()
    try:
        if not form.validate():
            return _plans_refused(estate, found, PlanForm(formdata=None), form), 422
        count("plan", str(actor().id), rates=RATES)
        with TemporaryDirectory(prefix="plumbline-upload-") as folder:
            path = Path(folder) / "file"
            with _blobs().open_named(original_name(plan.sha256)) as original:
                path.write_bytes(original.read())
            kept = keep_plan(_blobs(), _room(), path, form.page.data)
    except PlumblineError as error:
        status = form.refuse(error)
        return _plans_refused(estate, found, PlanForm(formdata=None), form), status
    return _stored(estate_id, type_id, kept, plan.file_name)


@estates_bp.get("/plans/<picture>")
@needs(Act.SEE_PLACES)
def plan_picture(picture: str) -> Response:
    """A plan's picture by its hash: what is at this address never changes."""
    plan = queries.plan_picture(reading(), actor(), picture)
    name = picture_name(plan.picture_sha256)
    with _blobs().open_named(name) as file:
        mime = "image/png" if file.read(4) == b"\x89PNG" else "image/jpeg"
    # opened anew: gunicorn sends from where the descriptor stands, which is beyond what a buffer has read
    response = send_file(_blobs().open_named(name), mimetype=mime, etag=plan.picture_sha256)
    response.headers["Cache-Control"] = f"private, max-age={_YEAR}, immutable"
    response.vary.add("Cookie")
    return response


@estates_bp.get("/plans/<picture>/tiles/<int:level>/<int:row>/<int:column>")
@needs(Act.SEE_PLACES)
def plan_tile(picture: str, level: int, row: int, column: int) -> Response:
    """A piece of a plan, sharper than its picture; nothing (204) where the plan is white."""
    plan = queries.plan_picture(reading(), actor(), picture)
    if not plan.tiles:
        raise NotFound()
    with _blobs().open_named(tiles_name(plan.picture_sha256)) as file:
        found = tile(file, level, row, column)
    if found is None:
        raise NotFound()
    response = Response(found, 200 if found else 204, mimetype="image/webp")
    response.headers["Cache-Control"] = f"private, max-age={_YEAR}, immutable"
    response.vary.add("Cookie")
    return response


def _stored(estate_id: UUID, type_id: UUID, kept: KeptPlan, name: str) -> Response:
    with transaction() as session:
        plan = store_plan(session, actor(), estate_id, type_id, kept, tidy(name), clock.now())
    flash(_("Revision %(n)s of the plan is the one in use.", n=plan.revision))
    if plan.revision > 1 and plan.registration is None:  # whoever brought it knows best what moved
        return redirect(f"/estates/{estate_id}/types/{type_id}/plans/{plan.id}/registration", 303)
    return redirect(url_for(".type_page", estate_id=estate_id, type_id=type_id), 303)


def _found(estate_id: UUID, type_id: UUID) -> tuple[Estate, UnitType]:
    estate = queries.get_visible_to(reading(), actor(), estate_id)
    return estate, queries.type_of(reading(), estate_id, type_id)


def _blobs() -> BlobStore:
    blobs: BlobStore = current_app.extensions[BLOBS]
    return blobs


def _room() -> PlanRoom:
    room: PlanRoom = current_app.extensions[ROOM]
    return room


def _of(found: UnitType) -> list[dict[str, str]]:
    """The rooms as rows of the form; what is usual, where there are none yet."""
    if not found.rooms:
        return [{"kind": kind} for kind in USUAL]
    return [{"id": room["id"], "kind": room["kind"], "name": _name(room)} for room in found.rooms]


def _name(room: dict[str, Any]) -> str:
    name = room["name"]
    return str(name["text"]) if "text" in name else said(name)


def _rows(rooms: list[dict[str, str]]) -> list[dict[str, str]]:
    """Rows to fill in: the rooms, numbered, and some spare ones."""
    spare = min(SPARE_ROWS, MOST_ROOMS - len(rooms))
    rows = [*rooms, *({} for _ in range(spare))]
    return [
        {"id": "", "kind": "", "name": "", **row, "order": str(place)} for place, row in enumerate(rows, 1)
    ]


def _typed() -> list[dict[str, str]]:
    """The rows as they were sent, in the order their numbers say; empty ones left out, then spare ones."""
    lists = [request.form.getlist(f"room_{name}") for name in ("id", "kind", "name", "order")]
    sent = []
    for place, (key, kind, name, order) in enumerate(zip(*lists, strict=False)):
        number = int(order) if order.isascii() and order.isdecimal() and len(order) < 6 else 10**6
        if kind in ROOM_KINDS or name.strip():
            sent.append((number, place, {"id": key, "kind": kind, "name": tidy(name)}))
    return _rows([row for _, _, row in sorted(sent, key=lambda each: each[:2])])


def _rooms(typed: list[dict[str, str]], before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rooms that were typed. A room that was there keeps its id, and its words where nobody changed
    them; one without a name is called after its kind, in all languages.
    """
    known = {room["id"]: room for room in before}
    taken = set(known)
    rows = [row for row in typed if row["kind"] or row["name"]]
    made = []
    for row in rows:
        old = known.get(row["id"])
        key = row["id"] if old else new_room_id(row["kind"], taken)
        taken.add(key)
        if old and row["name"] == _name(old):
            name = old["name"]
        elif row["name"]:
            name = {"text": row["name"], "lang": language()}
        else:
            alike = [each for each in rows if each["kind"] == row["kind"]]
            name = _called(row["kind"], 1 + alike.index(row) if len(alike) > 1 else 0)
        made.append({"id": key, "kind": row["kind"], "name": name})
    return made


def _called(kind: str, number: int) -> dict[str, str]:
    """A kind of room in every language, numbered where there are several."""
    called = {}
    for tongue in LANGUAGES:
        with force_locale(babel_locale(tongue)):
            text = str(words.ROOM_KINDS.get(kind, kind))
        gap = " " if tongue == "en" else ""
        called[tongue] = f"{text}{gap}{number}" if number else text
    return called


def _plans_refused(
    estate: Estate, found: UnitType, plan_form: PlanForm, page_form: PageForm | None = None
) -> str:
    return _page(estate, found, TypeForm(formdata=None, obj=found), _rows(_of(found)), plan_form, page_form)


def _page(
    estate: Estate,
    found: UnitType | None,
    form: TypeForm,
    rows: list[dict[str, str]],
    plan_form: PlanForm | None = None,
    page_form: PageForm | None = None,
    stale: bool = False,
) -> str:
    if found and stale:
        form.record_version.data = found.record_version
    plans = queries.plans_of(reading(), found.id) if found else []
    return render_template(
        "estates/type.html",
        estate=estate,
        type=found,
        form=form,
        rows=rows,
        plans=plans,
        numbers={str(plan.id): plan.revision for plan in plans},
        plan_form=plan_form or PlanForm(formdata=None),
        page_form=page_form or PageForm(formdata=None),
        stale=stale,
        may_manage=queries.may_manage(actor(), estate),
    )
