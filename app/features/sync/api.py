"""The devices' transport: who am I, what is mine to do, take my operations, take my photos.

Pushes and uploads prove themselves by the device cookie, which outlives the session: work answered offline
can still be sent when the sign-in has run out. Reading always needs the session.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, json, jsonify, request
from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from app.adapters import clock
from app.adapters.blobs import BlobStore
from app.adapters.pictures import SCREEN_WIDTH, WIDTHS, PictureRoom, copy_name
from app.db import Prepared, grouped, reading, transaction
from app.domain.errors import Full, Invalid, NotFound, NotSignedIn, TooLarge
from app.domain.words import pick
from app.features.accounts import queries as accounts
from app.features.accounts.commands.devices import LIVES, register_device
from app.features.accounts.models import Device
from app.features.checklists import queries as checklists
from app.features.evidence import commands as evidence
from app.features.evidence import queries as evidence_queries
from app.features.handovers.queries.startable import estates_to_start
from app.features.inspections import queries as inspections
from app.features.inspections.api import listed, told_point
from app.features.inspections.models import Inspection, OpenPoint
from app.features.inspections.queries.unsent import Holder, holders
from app.features.inspections.queries.walk import told
from app.features.operations.commands import Answer, CannotStore, receive, receive_carefully
from app.features.operations.queries import epoch_of
from app.features.operations.record import KINDS, Author
from app.web import limits
from app.web.cookies import secure
from app.web.errors import API
from app.web.forms import one_line
from app.web.health import LEAST_DISK
from app.web.i18n import language
from app.web.identity import actor, by_device, current_actor, open_to_anyone, signed_in
from app.web.photos import copy_of
from app.web.sentences import sentence

bp = Blueprint("sync_api", __name__, url_prefix="/api/v1")
OPERATIONS_AT_MOST = 100
UPLOADS = "32000 per hour"  # quarters of a megabyte begun, of one person: some 8,000 photos
DEVICES = "120 per hour"  # of one person; a browser makes itself known at each sign-in
BATCH_AT_MOST = 256 * 1024
Receive = Callable[..., list[Answer]]
_SEEN = Prepared(  # what a phone still holds after this batch, by its own count
    update(Device)
    .where(Device.id == bindparam("device"))
    .values(last_seen_at=bindparam("now"), pending=bindparam("pending"), build=bindparam("build"))
)
BLOBS, ROOM = "plumbline.blobs", "plumbline.pictures"
_SHA256 = re.compile(r"[0-9a-f]{64}").fullmatch
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


@bp.get("/ping")
@open_to_anyone
def ping() -> Response:
    """Proves that this is the server (the nonce comes back) and gives its clock."""
    person = current_actor()
    who: dict[str, Any] | None = None
    if person is not None:
        who = {"id": str(person.id), "name": person.name, "language": person.language}
    present = accounts.present_session()
    if who and present:
        who["until"] = int(present.expires_at.timestamp() * 1000)
    return jsonify(
        api=API,
        n=request.args.get("n", "")[:64],
        now=int(clock.now().timestamp() * 1000),
        epoch=epoch_of(reading()),
        person=who,
        build=current_app.config["PLUMBLINE"].build,
    )


@bp.get("/me")
@signed_in
def me() -> Response:
    person = actor()
    return jsonify(
        api=API,
        person={
            "id": str(person.id),
            "name": person.name,
            "language": person.language,
            "time_zone": person.time_zone,
        },
        organisation=current_app.config["PLUMBLINE"].organisation,
        build=current_app.config["PLUMBLINE"].build,
    )


@bp.post("/devices")
@signed_in
def devices() -> Response:
    """Makes this browser the person's device: the cookie set here signs what it pushes."""
    body = _json()
    device = body.get("device")
    if not isinstance(device, str) or not _UUID(device):
        raise Invalid("op_id", field="device")
    label, platform = (str(one_line(str(body.get(name, ""))))[:120] for name in ("label", "platform"))
    present = accounts.present_session()
    limits.count("device", str(actor().id), rates=DEVICES)
    with transaction() as session:
        secret = register_device(
            session, actor(), UUID(device), label, platform, clock.now(), present.id if present else None
        )
    before = _device_before(UUID(device))
    response = jsonify(api=API, device=device, **({"before": before} if before else {}))
    response.set_cookie(
        _device_cookie(),
        secret,
        max_age=int(LIVES.total_seconds()),
        secure=secure(),
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return response


def _device_before(device: UUID) -> dict[str, Any] | None:
    """What is known of another device of the same person whose proof this browser carries: its local data are
    gone, or it would have shown the same id."""
    secret = request.cookies.get(_device_cookie())
    known = accounts.device_loader(secret) if secret else None
    if known is None or known.id == device or known.actor.id != actor().id:
        return None
    row = reading().get(Device, known.id)
    return {"seen": int(row.last_seen_at.timestamp() * 1000), "pending": row.pending} if row else None


def _device_cookie() -> str:
    return "__Host-plumbline-device" if secure() else "plumbline-device"


def _author() -> Author:
    """Who sends, by the device cookie. Raises NotSignedIn when it is missing, revoked or too old."""
    secret = request.cookies.get(_device_cookie())
    known = accounts.device_loader(secret) if secret else None
    if known is None or known.state is not accounts.DeviceState.LIVE:
        raise NotSignedIn("device_unknown")
    return Author(known.actor, known.id, known.active)


@bp.get("/work")
@signed_in
def work() -> Response:
    """What is assigned to this person, and what they may start by themselves."""
    person, session = actor(), reading()
    rows = inspections.work_of(session, person)
    heads = inspections.heads_among(session, [row.id for row in rows])
    sites = inspections.startable_sites(session, person)
    points = inspections.open_points_among(
        session, {*(site.id for site in sites), *(row.site_id for row in rows)}
    )
    units = told(session, rows)
    return jsonify(
        api=API,
        epoch=epoch_of(session),
        now=int(clock.now().timestamp() * 1000),
        organisation=current_app.config["PLUMBLINE"].organisation,
        inspections=[
            _row(row, heads.get(row.id, 0), units.get(row.id), points.get(row.site_id, ())) for row in rows
        ],
        sites=[
            {
                "id": str(site.id),
                "name": site.name,
                "city": site.city,
                "time_zone": site.time_zone,
                "company": {"id": str(site.company.id), "name": site.company.name},
                "open_points": [told_point(point, site.time_zone) for point in points.get(site.id, ())],
            }
            for site in sites
        ],
        estates=[
            {"id": str(one.estate.id), "name": one.estate.name, "units": one.units}
            for one in estates_to_start(session, person)
        ],
        checklists=[
            {
                "version_id": str(version.id),
                "code": version.checklist.code,
                "kind": version.checklist.kind,
                "title": pick(version.checklist.title, language()),
                "number": version.number,
            }
            for version in checklists.newest_versions(session, person)
        ],
    )


def _row(
    row: Inspection, head: int, unit: dict[str, Any] | None, points: Sequence[OpenPoint]
) -> dict[str, Any]:
    """One line of the work; of an open one also what is open at its place, which changes from day to day."""
    line = listed(row, head, unit)
    if row.state in inspections.OPEN:
        line["open_points"] = [told_point(point, row.site.time_zone) for point in points]
    return line


@bp.get("/sync/index")
@signed_in
def index() -> Response:
    """How far the server is with each open inspection of this person, and whose phones work on it.

    Asked every few seconds while an inspection is open: mostly the answer is 304.
    """
    session = reading()
    ids = inspections.open_work_ids(session, actor())
    heads = inspections.heads_among(session, ids)
    phones = holders(session, ids, clock.now())
    secret = request.cookies.get(_device_cookie())
    known = accounts.device_loader(secret) if secret else None
    response = jsonify(
        api=API,
        epoch=epoch_of(session),
        inspections=[
            {
                "id": str(record_id),
                "head": heads.get(record_id, 0),
                "devices": [_phone(phone, known.id if known else None) for phone in phones[record_id]],
            }
            for record_id in ids
        ],
    )
    response.add_etag()
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.add("Cookie")
    response.make_conditional(request)
    return response


def _phone(phone: Holder, here: UUID | None) -> dict[str, Any]:
    return {
        "person": {"id": str(phone.person_id), "name": phone.person},
        "label": phone.label,
        "seen": int(phone.seen.timestamp() * 1000),
        "pending": phone.pending,
        "photos": phone.photos,
        "here": phone.device_id == here,
    }


@bp.post("/sync/push")
@by_device
def push() -> Response:
    """Operations in, one result each; 200 means that every result below is durable (offline.md §4.6)."""
    if (request.content_length or 0) > BATCH_AT_MOST:
        raise TooLarge("op_batch_too_large")
    author = _author()
    body = _json()
    batch, device, raw = body.get("batch"), body.get("device"), body.get("operations")
    if not isinstance(batch, str) or not _UUID(batch) or not isinstance(raw, list):
        raise Invalid("op_batch_invalid")
    if device != str(author.device_id):
        raise NotSignedIn("device_unknown")
    if len(raw) > OPERATIONS_AT_MOST:
        raise TooLarge("op_batch_too_large")
    now = clock.now()
    pending, build = body.get("pending"), body.get("build")
    waiting = pending if isinstance(pending, int) and 0 <= pending < 2**31 else 0
    seen = {
        "device": author.device_id,
        "now": now,
        "build": str(one_line(build))[:32] if isinstance(build, str) else "",
    }

    def take(session: Session, how: Receive = receive) -> tuple[list[Answer], str]:
        answers = how(session, KINDS, author, raw, now)
        taken = len(answers) - [answer.result for answer in answers].count("deferred")
        _SEEN(session, **{**seen, "pending": max(0, waiting - taken)})
        return answers, epoch_of(session)

    try:
        answers, epoch = grouped(take)
    except CannotStore:
        answers, epoch = grouped(partial(take, how=receive_carefully))
    return jsonify(api=API, batch=batch, epoch=epoch, results=[_result(answer) for answer in answers])


def _result(answer: Answer) -> dict[str, Any]:
    result: dict[str, Any] = {"id": answer.id, "result": answer.result}
    if answer.seq is not None:
        result["seq"] = answer.seq
    if answer.code:
        result["code"] = answer.code
        result["title"] = sentence(answer.code)
    return result


def _json() -> dict[str, Any]:
    if request.mimetype != "application/json":
        raise Invalid("not_json")
    try:
        body = json.loads(request.get_data(cache=False))
    except (ValueError, RecursionError):
        raise Invalid("op_batch_invalid") from None
    if not isinstance(body, dict):
        raise Invalid("op_batch_invalid")
    return body


def _blobs() -> BlobStore:
    found: BlobStore = current_app.extensions[BLOBS]
    return found


def _room() -> PictureRoom:
    found: PictureRoom = current_app.extensions[ROOM]
    return found


def _hash(sha256: str) -> str:
    if not _SHA256(sha256):
        raise NotFound()
    return sha256


@bp.post("/media/check")
@by_device
def media_check() -> Response:
    """Which of these photos the server holds already, as far as the person may know; and of the others,
    which parts of `ps` bytes this person's phones have sent.
    """
    author, body = _author(), _json()
    wanted = body.get("sha256")
    if not isinstance(wanted, list) or len(wanted) > 1000:
        raise Invalid("bad_request")
    hashes = [sha for sha in wanted if isinstance(sha, str) and _SHA256(sha)]
    have = evidence_queries.have(reading(), KINDS, author.actor, hashes)
    part_size = body.get("ps")
    parts = {}
    if isinstance(part_size, int) and not isinstance(part_size, bool) and part_size > 0:
        here = {sha: _blobs().parts(sha, part_size, str(author.actor.id)) for sha in set(hashes) - set(have)}
        parts = {sha: indexes for sha, indexes in here.items() if indexes}
    if have:
        with transaction() as session:
            evidence.hold(session, have, author.actor.id, clock.now())
    return jsonify(api=API, have=have, parts=parts)


@bp.put("/media/<sha256>/parts/<int:index>")
@by_device
def media_part(sha256: str, index: int) -> tuple[Response, int]:
    author = _author()
    if not author.active:
        raise NotFound()
    part_size = request.args.get("ps", type=int) or 0
    quarters = max(1, -(-(request.content_length or 0) // (1 << 18)))
    limits.count("upload", str(author.actor.id), rates=UPLOADS, cost=quarters)
    if shutil.disk_usage(current_app.config["PLUMBLINE"].data).free < LEAST_DISK:
        raise Full()  # what is left is the database's: photos wait on their phone
    data = request.get_data(cache=False)
    evidence.judge_digest(request.headers.get("Content-Digest", ""), data)
    new = evidence.take_part(_blobs(), _hash(sha256), index, part_size, data, author.actor.id)
    return jsonify(api=API), 201 if new else 200


@bp.post("/media/<sha256>/completion")
@by_device
def media_completion(sha256: str) -> tuple[Response, int]:
    author = _author()
    if not author.active:
        raise NotFound()
    body = _json()
    sizes = [body.get(name) for name in ("size", "parts", "ps")]
    if not all(isinstance(size, int) and not isinstance(size, bool) for size in sizes):
        raise Invalid("bad_request")
    if have := evidence_queries.have(reading(), KINDS, author.actor, [_hash(sha256)]):
        with transaction() as session:
            evidence.hold(session, have, author.actor.id, clock.now())
        return jsonify(api=API), 200
    size, parts, part_size = (int(value) for value in sizes if value is not None)
    who = author.actor.id
    picture = evidence.put_together(_blobs(), _room(), sha256, size, parts, part_size, who)
    with transaction() as session:
        evidence.present(session, _blobs(), sha256, size, picture, (who, author.device_id), clock.now())
    return jsonify(api=API), 201


@bp.get("/media/<sha256>")
@signed_in
def media(sha256: str) -> Response:
    """A copy without metadata, 480 or 1280 pixels wide; the evidence itself is never served."""
    found = evidence_queries.get_visible_to(reading(), KINDS, actor(), _hash(sha256))
    width = request.args.get("w", SCREEN_WIDTH, type=int)
    if width not in WIDTHS:
        raise NotFound()
    file = _blobs().open_named(copy_name(found.sha256, width))
    return copy_of(file)
