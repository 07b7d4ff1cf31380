"""Every address, walked from the URL map: who may come in, who learns nothing, who is thrown out at once.

The matrix is generated: a new route is in it the moment it exists, and a route that says nothing about access
fails here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.db import new_id, reading, transaction
from app.domain.permissions import Act, Role, ScopeKind
from app.features.accounts.models import Person, SignedIn
from app.features.accounts.queries import actor_of
from app.features.actions.commands import opening
from app.features.companies.models import Contact, DefectCode, Part
from app.features.inspections.models import Inspection
from app.features.places.models import Building, Estate, Plan, Unit, UnitType
from tests.cast import BORN, Cast
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version
from tests.factories.photos import jpeg

RULES = re.compile(r"anyone|signed_in|device|link|needs:(\w+)")
# What anybody may open, and why; a new one must be written down here with its reason.
OPEN = {
    "accounts.choose_language": "the sign-in page offers it",
    "accounts.choose_theme": "the sign-in page honours it",
    "accounts.home": "sends on to the sign-in page",
    "accounts.sign_in": "the door",
    "accounts.ask_reset": "who forgot the password cannot sign in",
    "accounts.link": "a letter's link: shows a button only",
    "accounts.open_link": "the button: trades the link's secret for a form",
    "accounts.invitation": "the form behind an invitation's link",
    "accounts.new_password": "the form behind a reset's link",
    "accounts.first_admin": "the form behind the first admin's link",
    "links.door": "a letter's link for guests: shows a button only",
    "links.enter": "the button: trades the link's secret for a narrow cookie",
    "action_feed.calendar": "a calendar program presses no button: its address holds the secret",
    "sync.start": "sends on to the shell",
    "sync.shell": "holds no personal data and must open without signal",
    "sync.worker": "the same for everybody; browsers ask for it without a session too",
    "sync.labels": "the same for everybody; browsers ask for it without a session too",
    "sync.manifest": "the app's name and pictures; browsers ask for it without a session",
    "sync_api.ping": "tells a phone that the server is there",
    "health.health": "says only ok or not to strangers",
    "verify.start": "whoever got a report may check it",
    "verify.check": "the same; counted, and nothing is kept",
    "verify.by_id": "the QR code on paper: number, revision, time and state",
    "verify.certificate": "public by nature",
    "verify.certificate_file": "public by nature",
    "verify.withdrawn": "public by nature: the list of withdrawn seals",
}


def rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def access(app: Flask, rule: Rule) -> str | None:
    return getattr(app.view_functions[rule.endpoint], "access_rule", None)


def test_every_route_says_who_may_come_in(app: Flask) -> None:
    silent = [rule.rule for rule in rules(app) if not RULES.fullmatch(access(app, rule) or "")]
    assert silent == []


def test_open_routes_are_written_down_with_a_reason(app: Flask) -> None:
    opened = {rule.endpoint for rule in rules(app) if access(app, rule) == "anyone"}
    assert opened == set(OPEN)


def test_needed_acts_exist(app: Flask) -> None:
    named = {(access(app, rule) or "").removeprefix("needs:") for rule in rules(app)}
    assert named - {"anyone", "signed_in", "device", "link"} <= {act.value for act in Act}


def test_no_route_changes_anything_on_a_get(app: Flask) -> None:
    """Prefetching a link must never do something: verbs are POSTs."""
    verbs = re.compile(
        r"/(ending|disabling|enabling|retirement|restoration|cancellation|postponement|approval|return|revision)$"
    )
    wrong = [rule.rule for rule in rules(app) if verbs.search(rule.rule) and "GET" in (rule.methods or ())]
    assert wrong == []


def a_case(cast: Cast) -> dict[str, str]:
    """The manager's case about the first supplier's part, with a link to it, and ids of what hangs on it."""
    now = datetime.now(UTC)
    with transaction() as session:
        manager = session.get(Person, cast.manager)
        assert manager is not None
        part = Part(company_id=cast.supplier, number="4410-A", name={}, created_at=now)
        code = DefectCode(code="T01", name={"en": "Not identified"}, created_at=now)
        session.add_all([part, code])
        session.flush()
        wanted = opening.Wanted(title="No tags", severity="major", owner_id=cast.manager, site_id=cast.site)
        action = opening.raise_action(session, actor_of(session, manager), wanted, "", now)
        return {
            "action_id": str(action.id),
            "step": "contain",
            "part_id": str(part.id),
            "code_id": str(code.id),
            **{name: str(new_id()) for name in ("date_id", "cost_id", "picture_id", "file_id", "link_id")},
        }


def an_estate(cast: Cast) -> dict[str, str]:
    """An estate at the first supplier's site, with one of everything."""
    with transaction() as session:
        estate = Estate(site_id=cast.site, name="Lakeside Court", code="LC", created_at=BORN)
        session.add(estate)
        session.flush()
        building = Building(estate_id=estate.id, name="Tower 2", position=1)
        kind = UnitType(estate_id=estate.id, code="A1", rooms=[])
        session.add_all([building, kind])
        session.flush()
        unit = {"floor": "15", "floor_order": 150, "name": "1502", "created_at": BORN}
        flat = Unit(building_id=building.id, type_id=kind.id, short_id="0123ABCD", **unit)
        session.add(flat)
        facts = {"kind": "image", "page": 1, "pages": 1, "width": 9, "height": 9, "created_at": BORN}
        plan = Plan(type_id=kind.id, revision=1, sha256="b" * 64, picture_sha256="c" * 64, **facts)
        plan.person_id = cast.admin
        session.add(plan)
        session.flush()
        ids = {"estate_id": estate.id, "building_id": building.id, "type_id": kind.id, "plan_id": plan.id}
        ids["unit_id"] = flat.id
        return {name: str(key) for name, key in ids.items()} | {"short_id": "0123ABCD", "picture": "c" * 64}


@pytest.fixture
def world(app: Flask, cast: Cast) -> dict[str, str]:
    """The owner's inspection with an answer and a photo, and an id of everything a route can name."""
    version = audit_version(app)
    phone = Phone(PageClient(app, cast.owner)).register()
    record = phone.start(version, cast.site, cast.owner)
    phone.set("q/M01", "score", "10")
    picture = jpeg()
    phone.add_photo("q/M01", picture)
    assert {result["result"] for result in phone.push()} == {"applied"}
    phone.upload(picture)
    with app.app_context():
        session = reading()
        case = a_case(cast)
        place = an_estate(cast)
        contact = session.query(Contact).filter_by(company_id=cast.supplier).one()
        grant = session.get(Person, cast.owner)
        assert grant is not None
        inspection = session.get(Inspection, UUID(record))
        assert inspection is not None
        return {
            "inspection_id": record,
            "company_id": str(cast.supplier),
            "site_id": str(cast.site),
            "contact_id": str(contact.id),
            "person_id": str(cast.owner),
            "grant_id": str(grant.grants[0].id),
            "version_id": str(version),
            "checklist_id": str(inspection.version.checklist_id),
            "sha256": phone.sha256(picture),
            "device_id": phone.device,
            "session_id": str(phone.client.session_id),
            "draft_id": str(new_id()),
            "point_id": str(new_id()),
            "language": "en",
            "wanted": "en",
            "index": "0",
            **dict.fromkeys(("level", "row", "column"), "0"),
            **case,
            "token": "not-a-token",
            "secret": "not-a-token",
            "kind": "inspection",
            "record_id": record,
            "report_id": str(new_id()),
            "verify_id": "a" * 26,
            **place,
        }


def addresses(app: Flask, world: dict[str, str]) -> Iterator[tuple[Rule, str, str]]:
    for rule in rules(app):
        given = rule.arguments - set(rule.defaults or {})
        missing = given - set(world)
        assert not missing, f"{rule.rule}: the matrix has nothing to put for {missing}"
        with app.test_request_context():
            adapter = app.url_map.bind("localhost")
            values = {name: _typed(rule, name, world[name]) for name in given}
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method, adapter.build(rule.endpoint, values, method=method)


def _typed(rule: Rule, name: str, value: str) -> object:
    converter = type(rule._converters[name]).__name__
    return UUID(value) if converter == "UUIDConverter" else int(value) if "Integer" in converter else value


def ask(client: PageClient, method: str, address: str, htmx: bool = False) -> TestResponse:
    headers = {"X-Plumbline": "1", **({"HX-Request": "true"} if htmx else {})}
    if method == "GET":
        return client.client.get(address, headers=headers)
    if address.startswith("/api/"):
        return client.client.open(address, method=method, headers=headers, json={})
    return client.client.open(address, method=method, headers=headers, data={"csrf_token": client.token()})


def test_a_visitor_sees_nothing_private(app: Flask, world: dict[str, str]) -> None:
    visitor = PageClient(app, None)
    for rule, method, address in addresses(app, world):
        if access(app, rule) == "anyone":
            continue
        for htmx in (False, True):
            answer = ask(visitor, method, address, htmx)
            allowed = {302, 401, 404} | ({200} if htmx else set())  # htmx is told where to sign in
            assert answer.status_code in allowed, f"{method} {address} → {answer.status}"
            if answer.status_code == 200:
                assert answer.headers.get("HX-Redirect") and not answer.data, address


def test_an_ended_session_is_dead_on_every_address(app: Flask, cast: Cast, world: dict[str, str]) -> None:
    client = PageClient(app, cast.admin)
    with app.app_context(), transaction() as session:
        row = session.get(SignedIn, client.session_id)
        assert row is not None
        row.ended_at = datetime.now(UTC)
    for rule, method, address in addresses(app, world):
        if access(app, rule) != "anyone":
            status = ask(client, method, address).status_code
            assert status in (302, 401, 404), f"{method} {address} → {status}"


@pytest.mark.parametrize("who", ["stranger", "officer_elsewhere", "scoped_elsewhere"])
def test_who_has_no_part_in_it_is_told_it_is_not_there(
    app: Flask, cast: Cast, world: dict[str, str], who: str
) -> None:
    person = cast.stranger if who == "stranger" else _elsewhere(app, cast, who)
    client = PageClient(app, person)
    seen = []
    for rule, method, address in addresses(app, world):
        about_it = rule.arguments & {
            *("inspection_id", "company_id", "site_id", "contact_id", "person_id", "grant_id"),
            *("sha256", "device_id", "session_id", "draft_id", "record_id", "report_id", "action_id"),
            *("estate_id", "short_id", "picture", "unit_id"),
        }
        if access(app, rule) in ("anyone", "device", "link") or not about_it:
            continue
        for htmx in (False, True):
            status = ask(client, method, address, htmx).status_code
            if status != 404:
                seen.append(f"{method} {address} → {status}")
    assert seen == []


def _elsewhere(app: Flask, cast: Cast, who: str) -> UUID:
    """Somebody whose whole world is the other supplier."""
    from app.features.accounts.models import GivenGrant
    from tests.cast import BORN

    role = Role.OFFICER if who.startswith("officer") else Role.MANAGER
    with app.app_context(), transaction() as session:
        person = Person(
            id=new_id(), email=f"{who}@example.com", name=who, language="en", time_zone="UTC", created_at=BORN
        )
        session.add(person)
        session.flush()
        session.add(
            GivenGrant(
                person_id=person.id,
                role=role.value,
                scope_kind=ScopeKind.COMPANY.value,
                scope_id=cast.other_supplier,
                created_at=BORN,
            )
        )
        return person.id


def test_nothing_answers_with_a_failure(app: Flask, cast: Cast, world: dict[str, str]) -> None:
    """An empty or senseless request is answered in words by every route, for every role."""
    for person in (cast.admin, cast.manager, cast.owner, cast.officer):
        for _rule, method, address in addresses(app, world):
            client = PageClient(app, person)
            status = ask(client, method, address).status_code
            assert status < 500, f"{method} {address} → {status}"
