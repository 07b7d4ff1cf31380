"""An estate of the first supplier, as a test needs it; made by the commands."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from flask import Flask

from app.db import new_id, transaction
from app.domain.permissions import Role, ScopeKind
from app.features.accounts.models import GivenGrant, Person
from app.features.accounts.queries import actor_of
from app.features.companies.models import Company
from app.features.places.commands import estates
from app.features.places.models import Estate
from tests.cast import BORN, Cast

ROOMS = [
    {"id": "bath1", "kind": "bathroom", "name": {"en": "Bathroom", "zh-Hans": "卫生间", "zh-Hant": "浴廁"}},
    {"id": "live1", "kind": "living", "name": {"text": "Living room", "lang": "en"}},
]


def an_estate(app: Flask, cast: Cast, name: str = "Lakeside Court", code: str = "LC") -> UUID:
    """At the first supplier's site, which is a developer too; with one type, A1."""
    with app.app_context(), transaction() as session:
        company = session.get_one(Company, cast.supplier)
        company.kinds = ["supplier", "developer"]
        session.flush()
        actor = actor_of(session, session.get_one(Person, cast.admin))
        now = datetime.now(UTC)
        estate = estates.add_estate(session, actor, now, site_id=cast.site, name=name, code=code)
        estates.add_type(session, actor, estate.id, now, code="A1", rooms=ROOMS)
        return estate.id


def a_unit(
    app: Flask, cast: Cast, estate: UUID, building: str, floor: str, name: str, **owner: object
) -> str:
    """A unit of type A1; its short id."""
    from app.features.places.queries.estates import types_of

    with app.app_context(), transaction() as session:
        actor = actor_of(session, session.get_one(Person, cast.admin))
        kind = types_of(session, estate)[0].type.id
        given = {"building": building, "floor": floor, "name": name, "type_id": kind, **owner}
        return estates.add_unit(session, actor, estate, datetime.now(UTC), **given).short_id


def granted(app: Flask, scope: UUID | None, role: Role = Role.OFFICER, kind: str = "estate") -> UUID:
    """Somebody who holds this role there and nowhere else."""
    with app.app_context(), transaction() as session:
        key = new_id()
        person = Person(
            id=key,
            email=f"{key}@example.com",
            name="Granted",
            language="en",
            time_zone="UTC",
            created_at=BORN,
        )
        session.add(person)
        session.flush()
        session.add(
            GivenGrant(
                person_id=key,
                role=role.value,
                scope_kind=ScopeKind(kind).value,
                scope_id=scope,
                created_at=BORN,
            )
        )
        return key


def other_estate(app: Flask, cast: Cast) -> UUID:
    """One at the other supplier's site, where the granted have no part."""
    with app.app_context(), transaction() as session:
        estate = Estate(id=new_id(), site_id=cast.other_site, name="Hill View", code="HV", created_at=BORN)
        session.add(estate)
        return estate.id
