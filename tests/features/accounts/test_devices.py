"""Devices: made known, renewed, revoked, and still told apart afterwards. On both engines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from flask import Flask

from app import journal
from app.adapters.passwords import secret_hash
from app.db import new_id, reading, transaction
from app.domain.errors import Invalid, NotAllowed, NotFound
from app.domain.permissions import Grant, Role, ScopeKind
from app.features.accounts import queries
from app.features.accounts.commands import people, sessions
from app.features.accounts.commands.devices import register_device
from app.features.accounts.models import Device, Person
from app.features.accounts.queries import DeviceState, device_loader
from tests.cast import Cast, assemble

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def both(app_on_both: Flask) -> tuple[Flask, Cast]:
    return app_on_both, assemble(app_on_both)


def register(app: Flask, person_id: UUID, device_id: UUID, now: datetime = NOW) -> str:
    with app.app_context(), transaction() as session:
        actor = queries.actor_of(session, session.get_one(Person, person_id))
        return register_device(session, actor, device_id, "Phone", "Android", now)


def state(app: Flask, secret: str) -> DeviceState | None:
    with app.app_context():
        known = device_loader(secret)
        return known.state if known else None


def test_a_device_is_known_by_its_secret_of_which_only_the_hash_is_stored(both: tuple[Flask, Cast]) -> None:
    app, cast = both
    device = new_id()
    secret = register(app, cast.owner, device)
    with app.app_context(), time_machine.travel(NOW):
        known = device_loader(secret)
        assert known is not None
        assert (known.id, known.actor.id, known.state) == (device, cast.owner, DeviceState.LIVE)
        assert known.active and known.actor.grants
        assert reading().get_one(Device, device).secret_hash == secret_hash(secret)
        assert device_loader("something else") is None


def test_registering_again_renews_the_secret_and_lifts_a_revocation(both: tuple[Flask, Cast]) -> None:
    app, cast = both
    device = new_id()
    first = register(app, cast.owner, device)
    with app.app_context(), transaction() as session:
        sessions.revoke_device(session, cast.owner, device, cast.owner, NOW)
    assert state(app, first) == DeviceState.REVOKED
    second = register(app, cast.owner, device)
    assert state(app, first) is None
    with time_machine.travel(NOW):
        assert state(app, second) == DeviceState.LIVE
    with app.app_context():
        acts = [entry.act for entry in journal.entries(reading(), cast.owner)]
    assert acts == ["device.registered", "device.revoked", "device.registered"]


def test_a_device_never_changes_hands(both: tuple[Flask, Cast]) -> None:
    app, cast = both
    device = new_id()
    secret = register(app, cast.owner, device)
    with pytest.raises(NotAllowed, match="device_of_other"):
        register(app, cast.stranger, device)
    with time_machine.travel(NOW):
        assert state(app, secret) == DeviceState.LIVE


def test_a_device_expires_after_180_days(both: tuple[Flask, Cast]) -> None:
    app, cast = both
    secret = register(app, cast.owner, new_id())
    with time_machine.travel(NOW + timedelta(days=179)):
        assert state(app, secret) == DeviceState.LIVE
    with time_machine.travel(NOW + timedelta(days=181)):
        assert state(app, secret) == DeviceState.EXPIRED


def test_the_device_of_somebody_disabled_is_still_known(both: tuple[Flask, Cast]) -> None:
    app, cast = both
    secret = register(app, cast.owner, new_id())
    with app.app_context(), transaction() as session:
        people.disable(session, session.get_one(Person, cast.owner), "Left.", cast.admin, NOW)
    with app.app_context(), time_machine.travel(NOW):
        known = device_loader(secret)
        assert known is not None
        assert known.state == DeviceState.LIVE
        assert not known.active
        assert known.actor.grants == ()


def test_an_email_is_taken_once_whatever_its_case(both: tuple[Flask, Cast]) -> None:
    app, cast = both
    grant = Grant(Role.AUDITOR, ScopeKind.EVERYTHING)
    with app.app_context(), transaction() as session:
        person, secret = people.invite(
            session, "Bo@Example.com", "Bo Chen", "en", "UTC", grant, cast.admin, NOW
        )
        assert person.email == "bo@example.com"
        assert len(secret) >= 43
        with pytest.raises(Invalid, match="email_taken"):
            people.invite(session, "bO@example.com ", "Bo", "en", "UTC", grant, cast.admin, NOW)


def test_people_are_listed_and_picked_on_both_engines(both: tuple[Flask, Cast]) -> None:
    app, cast = both
    with app.app_context():
        admin = queries.actor_of(reading(), reading().get_one(Person, cast.admin))
        auditor = queries.actor_of(reading(), reading().get_one(Person, cast.owner))
        found = queries.list_people(reading(), admin, search="AUDITOR", state="invited")
        assert {person.id for person in found.people} == {cast.owner, cast.teammate, cast.stranger}
        with pytest.raises(NotFound):
            queries.list_people(reading(), auditor)
        with pytest.raises(NotFound):
            queries.get_visible_to(reading(), auditor, cast.owner)
        picked = queries.with_roles(reading(), Role.AUDITOR)
        assert [person.id for person in picked] == [cast.owner, cast.stranger, cast.teammate]


def test_the_last_admin_is_kept_on_both_engines(both: tuple[Flask, Cast]) -> None:
    app, cast = both
    with app.app_context(), transaction() as session:
        admin = session.get_one(Person, cast.admin)
        admin.password_hash = "some hash"
        session.flush()
        with pytest.raises(Invalid, match="last_admin"):
            people.disable(session, admin, "Left.", cast.manager, NOW)
        with pytest.raises(Invalid, match="last_admin"):
            people.end_grant(session, admin, admin.grants[0].id, cast.manager, NOW)
