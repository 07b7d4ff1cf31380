"""Fills an empty database with the demo, in one transaction: all of it or nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.adapters.blobs import BlobStore
from app.adapters.pictures import Picture, PictureRoom, keep_picture
from app.db import new_id
from app.demo import actions as cases
from app.demo import court, estates, flats, signing, walks
from app.demo.audits import HANDOVER, VISITS, Visit
from app.demo.people import MEMBERS, SignIn, add_grants, add_people
from app.demo.suppliers import SUPPLIERS, add_suppliers
from app.domain.answers import answers
from app.domain.dates import local_day
from app.domain.errors import Invalid
from app.domain.findings import findings
from app.domain.merge import rows
from app.domain.permissions import Actor
from app.domain.signatures import CONSENT, REFUSAL, digest_of, live_photos
from app.features.accounts.models import Person
from app.features.checklists.commands import load_library
from app.features.checklists.models import Version
from app.features.checklists.queries import newest_versions
from app.features.companies.models import Contact
from app.features.evidence.commands import present
from app.features.inspections import commands as inspections
from app.features.inspections.models import Inspection
from app.features.inspections.queries.signing import covered_of
from app.features.operations.queries import installation, state_of
from app.features.places.models import Estate, Site
from app.outbox import Outgoing

PHOTOS = Path(__file__).parent / "photos"
BEFORE_FIRST = timedelta(days=120)
FINDABLE = frozenset(member.key for member in MEMBERS if not member.companies)


@dataclass(frozen=True)
class House:
    """What the visits need to know."""

    session: Session
    now: datetime
    actors: dict[str, Actor]
    phones: dict[str, walks.Phone]
    sites: dict[str, UUID]
    versions: dict[str, Version]
    photos: dict[str, dict[str, Any]]


def load(
    session: Session, sign_ins: list[SignIn], blobs: BlobStore, room: PictureRoom, zone: str, now: datetime
) -> None:
    """Everything, as if it had happened during the last months. Raises Invalid("already_exists") when there
    are people: demo data never mixes with real data.
    """
    if session.scalar(select(func.count()).select_from(Person)):
        raise Invalid("already_exists")
    installation(session).demo = True
    born = now - BEFORE_FIRST
    people = add_people(session, sign_ins, zone, born)
    actors = add_grants(session, people, {}, born, FINDABLE)
    companies, sites = add_suppliers(session, actors["mara"], born)
    actors |= add_grants(session, people, companies, born, people.keys() - FINDABLE)
    load_library(session, born)
    phones = {
        key: walks.new_phone(session, actors[key], now - BEFORE_FIRST / 2) for key in ("lin", "bo", "zhao")
    }
    versions = {version.checklist.code: version for version in newest_versions(session, actors["mara"])}
    photos = _photos(session, blobs, room, phones, born)
    house = House(session, now, actors, phones, sites, versions, photos)
    for visit in sorted(VISITS, key=lambda visit: -visit.planned):
        _visit(house, visit)
    cases.add(session, actors, companies, sites, photos, now)
    estate_id = estates.add(session, actors["mara"], companies["lakeside"], blobs, born, now)
    court.add(
        flats.House(
            session,
            now,
            actors["zhao"],
            actors["bo"],
            phones["zhao"],
            versions[HANDOVER],
            session.get_one(Estate, estate_id),
            photos,
        )
    )
    session.flush()
    # letters about the past help nobody; reports of what is finished are made
    session.execute(delete(Outgoing).where(Outgoing.kind.endswith(".mail")))


def _visit(house: House, visit: Visit) -> None:
    version = house.versions[visit.checklist]
    lead = house.actors[visit.team[0]]
    at = _moment(house, visit.planned, 9)
    if visit.due is None:
        record = new_id()
        walk = walks.Walk(house.session, record, at)
        created = {
            "checklist_version": str(version.id),
            "site": str(house.sites[visit.company]),
            "auditors": [str(lead.id)],
            "due": None,
        }
        walk.send(house.phones[visit.team[0]], [("create", "inspection", "created", created)])
    else:
        record = _plan(house, visit, version, at)
        walk = walks.Walk(house.session, record, at, lamport=50)
    if visit.walked is not None:
        _walk(house, visit, version, walk)
    if visit.cancelled is not None:
        reason = "The supplier moves this line to plant 3; planned again when it runs."
        _cancel(house, record, reason, _moment(house, visit.cancelled, 15))


def _plan(house: House, visit: Visit, version: Version, at: datetime) -> UUID:
    planner = house.actors["mara" if visit.team[0] != "zhao" else "zhao"]
    site = house.sites[visit.company]
    handover = visit.team[0] == "zhao"
    texts = (
        {}
        if handover
        else {
            "objectives": "Confirm that series supply of the 2026 models can start.",
            "criteria": "4M1E checklist, drawings and quality agreement in force.",
        }
    )
    host = next(each.contacts for each in SUPPLIERS if each.key == visit.company)
    company = next(each.name for each in SUPPLIERS if each.key == visit.company)
    expected = [inspections.Participant(host[0][0], company, host[0][1])] if host else []
    plan = inspections.Plan(
        version_id=version.id,
        site_id=site,
        auditors=tuple(house.actors[key].id for key in visit.team),
        due=local_day(house.now, "Asia/Shanghai") + timedelta(days=visit.due or 0),
        texts=texts,
        participants=expected,
        left_out={"management": "Certified and audited by the group this year."} if visit.left_out else {},
    )
    return inspections.plan(house.session, planner, plan, at)


def _walk(house: House, visit: Visit, version: Version, walk: walks.Walk) -> None:
    lead, phone = house.actors[visit.team[0]], house.phones[visit.team[0]]
    start = _moment(house, visit.walked or 0, 9)
    walk.at = house.now - timedelta(hours=visit.hours) if visit.hours else max(start, walk.at)
    host = next(each for each in SUPPLIERS if each.key == visit.company)
    there = host.contacts[0][0] if host.contacts else ""
    expected = list(rows(state_of(house.session, walk.record), "participants"))
    walk.send(phone, list(walks.opening(lead, expected, there, host.name, walk.at)), timedelta(seconds=8))
    definition = version.definition
    for section in definition["sections"]:
        who = visit.by.get(section["id"], visit.team[0])
        changes = list(walks.answers(visit, section, definition, house.actors[who], house.photos))
        walk.send(house.phones[who], changes)
    if visit.complete:
        walk.send(phone, list(walks.closing(visit, lead)))
        side = _side(house, visit.company)
        day = local_day(walk.at, "Asia/Shanghai")
        found = findings(definition, state_of(house.session, walk.record), day, lead.language)
        written = list(signing.write_up(visit.company, found, definition, lead, side))
        walk.send(phone, written, timedelta(seconds=20))
        _complete(house, visit, version, walk, side)


def _side(house: House, company: str) -> signing.Side:
    """The supplier's first contact."""
    about = next(each for each in SUPPLIERS if each.key == company)
    site = house.session.get(Site, house.sites[company])
    assert site is not None
    contact = house.session.scalars(
        select(Contact).where(Contact.company_id == site.company_id, Contact.name == about.contacts[0][0])
    ).one()
    return signing.Side(str(contact.id), contact.name, contact.duty, about.name)


def _complete(house: House, visit: Visit, version: Version, walk: walks.Walk, side: signing.Side) -> None:
    """Both sides sign, or one of them refuses before a witness; then the lead completes."""
    lead, phone = house.actors[visit.team[0]], house.phones[visit.team[0]]
    state = state_of(house.session, walk.record)
    media = live_photos(state)
    registers = covered_of(house.session, state)
    given = sum(1 for answer in answers(state).values() if answer["score"])
    signed: list[walks.Change] = []
    for slot in ("auditor", "auditee"):
        path, at = f"sign/{new_id()}", walk.at
        if slot == "auditee" and visit.company in signing.REFUSALS:
            witness = house.actors[visit.team[-1]]
            digest = digest_of(version.sha256, registers, media, REFUSAL, "zh-Hans")
            reason = {"text": signing.REFUSALS[visit.company], "lang": "zh-Hans"}
            refused = signing.refusal(reason, witness, side, digest, at)
            signed.append(("refuse", path, "refused", refused))
            continue
        language = lead.language if slot == "auditor" else "zh-Hans"
        digest = digest_of(version.sha256, registers, media, CONSENT, language)
        covers = {"answers": given, "photos": len(media)}
        value = signing.signature(slot, lead, side, digest, covers, at)
        signed.append(("sign", path, "signed", value))
    rows_signed = [path.removeprefix("sign/") for _, path, _, _ in signed]
    done = {"operations": walk.lamport, "media": media, "signatures": rows_signed}
    walk.send(phone, [*signed, ("complete", "inspection", "completed", done)])
    row = house.session.get(Inspection, walk.record)
    assert row is not None and row.state == "completed"


def _cancel(house: House, record: UUID, reason: str, at: datetime) -> None:
    inspections.cancel(house.session, house.actors["mara"], record, 10**6, reason, at)


def _moment(house: House, days: int, hour: int) -> datetime:
    """That many days ago at about that hour in Shanghai, never after now."""
    day = house.now - timedelta(days=days)
    return min(day.replace(hour=hour - 8, minute=12, second=0, microsecond=0), house.now - timedelta(hours=4))


def _photos(
    session: Session, blobs: BlobStore, room: PictureRoom, phones: dict[str, walks.Phone], now: datetime
) -> dict[str, dict[str, Any]]:
    """The sample photos through the picture room, as values of `media.add` without their media_id."""
    kept = {}
    for path in sorted(PHOTOS.glob("*.jpg")):
        data = path.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        picture: Picture = keep_picture(blobs, room, sha256, path)
        for phone in phones.values():
            present(session, blobs, sha256, len(data), picture, (phone.actor.id, phone.id), now)
        kept[path.stem] = {
            "sha256": sha256,
            "size": len(data),
            "mime": picture.mime,
            "w": picture.width,
            "h": picture.height,
            "taken_at": None,
            "gps": None,
            "name": path.name,
        }
    return kept
