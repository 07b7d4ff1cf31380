"""Suppliers at the desk, as the cast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import new_id, transaction
from app.domain.permissions import Actor, Grant, Role, ScopeKind
from app.features.accounts.models import Person
from app.features.checklists.commands import load_library
from app.features.companies import commands, queries
from app.features.companies.models import Company, Contact
from app.features.inspections.models import Assignment, Inspection
from app.journal import Entry
from tests.cast import BORN, Cast
from tests.client import PageClient

Clients = Callable[..., PageClient]
XSS = '<script>alert("x")</script>&<b>'


def acts(app: Flask, record_id: UUID) -> list[str]:
    with app.app_context(), transaction() as session:
        found = session.scalars(select(Entry.act).where(Entry.record_id == record_id).order_by(Entry.seq))
        return list(found)


def company(app: Flask, company_id: UUID) -> Company:
    with app.app_context(), transaction() as session:
        found = session.get(Company, company_id)
        assert found is not None
        return found


def by_name(app: Flask, name: str) -> list[Company]:
    with app.app_context(), transaction() as session:
        return list(session.scalars(select(Company).where(Company.name == name)))


def no_grants(app: Flask) -> UUID:
    with app.app_context(), transaction() as session:
        person = Person(
            email="none@example.com", name="No Grants", language="en", time_zone="UTC", created_at=BORN
        )
        session.add(person)
        session.flush()
        return person.id


def assign(app: Flask, cast: Cast, person_id: UUID) -> UUID:
    """Gives the person an inspection at the first supplier's site; gives the assignment's id."""
    with app.app_context(), transaction() as session:
        version = load_library(session, BORN)[0]
        inspection = Inspection(
            number="2026-0001",
            version_id=version.id,
            site_id=cast.site,
            company_id=cast.supplier,
            state="planned",
            planned=True,
            created_at=BORN,
            created_by=cast.manager,
        )
        session.add(inspection)
        session.flush()
        row = Assignment(inspection_id=inspection.id, person_id=person_id, position=0, assigned_at=BORN)
        session.add(row)
        session.flush()
        return row.id


def test_a_manager_adds_a_supplier_and_finds_it_in_two_chinese_characters(
    app: Flask, cast: Cast, client_for: Clients
) -> None:
    client = client_for(cast.manager)
    answer = client.post(
        "/suppliers",
        {
            "name": "  苏州恒达精密有限公司 ",
            "other_name": "Hengda (Suzhou) Precision",
            "kinds": ["supplier", "developer"],
            "code": "S-17",
            "country": "CN",
            "note": "Two lines\nof note",
            "anyway": "1",
        },
    )
    assert answer.status_code == 303, answer.text
    page = client.get(answer.location)
    assert "苏州恒达精密有限公司" in page.text
    assert 'lang="zh-Hans"' in page.text
    (made,) = by_name(app, "苏州恒达精密有限公司")
    assert made.kinds == ["supplier", "developer"]
    assert made.note == "Two lines\nof note"
    assert made.created_by == cast.manager
    assert acts(app, made.id) == ["company.created"]
    for query in ("恒达", "精密", "S-17", "hengda prec"):
        assert "苏州恒达精密有限公司" in client.get("/suppliers", query_string={"q": query}).text, query
    assert "苏州恒达精密有限公司" not in client.get("/suppliers", query_string={"q": "昆山"}).text


def test_every_field_says_what_is_wrong_and_keeps_what_was_typed(cast: Cast, client_for: Clients) -> None:
    answer = client_for(cast.manager).post(
        "/suppliers",
        {"name": "   ", "other_name": "y" * 201, "country": "ZZ", "code": "c" * 41, "note": "kept note"},
    )
    assert answer.status_code == 422
    for field, said in {
        "name": "This is needed.",
        "other_name": "This is too long. Shorten it.",
        "kinds": "This is needed.",
        "country": "not a two-letter country code",
        "code": "This is too long. Shorten it.",
    }.items():
        assert f'id="{field}-error"' in answer.text
        assert said in answer.text
    assert "y" * 201 in answer.text
    assert "kept note" in answer.text


def test_a_code_belongs_to_one_company(app: Flask, cast: Cast, client_for: Clients) -> None:
    client = client_for(cast.manager)
    for name, status in (("Ruixin Plastics", 303), ("Mingfeng Fasteners", 422)):
        answer = client.post("/suppliers", {"name": name, "kinds": "supplier", "code": "S-1"})
        assert answer.status_code == status
    assert "This already exists." in answer.text
    assert "Mingfeng Fasteners" in answer.text
    assert by_name(app, "Mingfeng Fasteners") == []


def test_a_likely_duplicate_is_pointed_out_and_may_be_added_anyway(
    app: Flask, cast: Cast, client_for: Clients
) -> None:
    client = client_for(cast.manager)
    typed = {"name": "HENGDA Precision Co., Ltd.", "kinds": "supplier", "note": "second plant"}
    answer = client.post("/suppliers", typed)
    assert answer.status_code == 422
    assert f"/suppliers/{cast.supplier}" in answer.text
    assert "Save anyway" in answer.text
    assert "second plant" in answer.text
    assert by_name(app, typed["name"]) == []
    assert client.post("/suppliers", {**typed, "anyway": "1"}).status_code == 303
    assert len(by_name(app, typed["name"])) == 1


def test_names_are_text_wherever_they_are_shown(app: Flask, cast: Cast, client_for: Clients) -> None:
    client = client_for(cast.manager)
    client.post("/suppliers", {"name": XSS, "other_name": XSS, "kinds": "supplier", "note": XSS})
    (made,) = by_name(app, XSS)
    contact = {"name": XSS, "duty": XSS, "phone": '"><img src=x>'}
    client.post(f"/suppliers/{made.id}/contacts", contact)
    client.post(f"/suppliers/{made.id}/sites", {"name": XSS, "city": XSS, "time_zone": "UTC"})
    for path in (
        "/suppliers",
        f"/suppliers/{made.id}",
        f"/suppliers/{made.id}/edit",
        f"/suppliers/{made.id}/sites",
        f"/suppliers?q={XSS}",
    ):
        text = client.get(path).text
        assert "<script>alert" not in text
        assert "<img" not in text
        assert "&lt;script&gt;" in text


def test_a_scoped_manager_sees_and_changes_one_company_only(
    app: Flask, cast: Cast, client_for: Clients
) -> None:
    client = client_for(cast.scoped)
    listed = client.get("/suppliers").text
    assert "Hengda Precision" in listed
    assert "Goldleaf" not in listed
    assert "Add a supplier" not in listed
    assert client.get(f"/suppliers/{cast.supplier}").status_code == 200
    theirs = f"/suppliers/{cast.other_supplier}"
    for path in (
        theirs,
        f"{theirs}/edit",
        f"{theirs}/contacts/new",
        f"{theirs}/sites",
        f"{theirs}/sites/new",
    ):
        assert client.get(path).status_code == 404, path
    posts = (theirs, f"{theirs}/retirement", f"{theirs}/restoration", f"{theirs}/contacts", f"{theirs}/sites")
    for path in posts:
        assert client.post(path, {"name": "x", "kinds": "supplier", "time_zone": "UTC"}).status_code == 404
    assert client.get("/suppliers/new").status_code == 403
    assert client.post("/suppliers", {"name": "New one", "kinds": "supplier"}).status_code == 403
    assert company(app, cast.other_supplier).retired_at is None
    edited = {"name": "Hengda Precision", "kinds": "supplier", "record_version": "1", "note": "mine"}
    assert client.post(f"/suppliers/{cast.supplier}", edited).status_code == 303


def test_an_auditor_reads_where_work_is_assigned_and_changes_nothing(
    app: Flask, cast: Cast, client_for: Clients
) -> None:
    assignment = assign(app, cast, cast.owner)
    client = client_for(cast.owner)
    listed = client.get("/suppliers").text
    assert "Hengda Precision" in listed
    assert "Goldleaf" not in listed
    page = client.get(f"/suppliers/{cast.supplier}")
    assert page.status_code == 200
    assert "Edit" not in page.text
    assert "Retire" not in page.text
    sites = client.htmx(f"/suppliers/{cast.supplier}/sites").text
    assert "Suzhou" in sites
    assert "Add a site" not in sites
    for path in ("/suppliers/new", f"/suppliers/{cast.supplier}/edit", f"/suppliers/{cast.other_supplier}"):
        assert client.get(path).status_code == 404
    assert client.post(f"/suppliers/{cast.supplier}/retirement").status_code == 404
    with app.app_context(), transaction() as session:
        row = session.get(Assignment, assignment)
        assert row is not None
        row.ended_at = BORN
    assert client.get(f"/suppliers/{cast.supplier}").status_code == 404
    assert "Hengda" not in client.get("/suppliers").text


def test_an_auditor_without_work_there_sees_no_supplier(cast: Cast, client_for: Clients) -> None:
    client = client_for(cast.stranger)
    assert "No supplier yet" in client.get("/suppliers").text
    assert client.get(f"/suppliers/{cast.supplier}").status_code == 404
    assert client.get(f"/suppliers/{cast.supplier}/sites").status_code == 404


def test_a_stranger_finds_nothing_here(app: Flask, cast: Cast, client_for: Clients) -> None:
    client = client_for(no_grants(app))
    for path in ("/suppliers", f"/suppliers/{cast.supplier}", f"/suppliers/{cast.supplier}/sites"):
        assert client.get(path).status_code == 404, path
    assert client_for(None).get("/suppliers").status_code == 302


def test_a_stale_edit_keeps_the_typing_and_shows_what_is_stored(
    app: Flask, cast: Cast, client_for: Clients
) -> None:
    client, path = client_for(cast.manager), f"/suppliers/{cast.supplier}"
    first = {"name": "Hengda Precision", "kinds": "supplier", "note": "first", "record_version": "1"}
    assert client.post(path, first).status_code == 303
    answer = client.post(path, {**first, "note": "second, typed long"})
    assert answer.status_code == 409
    assert "Somebody else changed this meanwhile" in answer.text
    assert "second, typed long" in answer.text
    assert "first" in answer.text
    assert company(app, cast.supplier).note == "first"
    again = {**first, "note": "second, typed long", "record_version": "2"}
    assert 'name="record_version" value="2"' in answer.text
    assert client.post(path, again).status_code == 303
    assert company(app, cast.supplier).note == "second, typed long"
    assert acts(app, cast.supplier) == ["company.changed", "company.changed"]


def test_retired_companies_leave_the_list_and_come_back(app: Flask, cast: Cast, client_for: Clients) -> None:
    client, path = client_for(cast.manager), f"/suppliers/{cast.supplier}"
    assert client.post(f"{path}/retirement", {"record_version": "1"}).status_code == 303
    assert "Hengda" not in client.get("/suppliers").text
    assert "Hengda" in client.get("/suppliers?state=retired").text
    assert "Retired" in client.get(path).text
    assert client.post(f"{path}/contacts", {"name": "Late"}).status_code == 422
    assert client.post(f"{path}/sites", {"name": "Late", "time_zone": "UTC"}).status_code == 422
    assert client.post(f"{path}/restoration", {"record_version": "1"}).status_code == 409
    assert client.post(f"{path}/restoration", {"record_version": "2"}).status_code == 303
    assert "Hengda" in client.get("/suppliers").text
    assert acts(app, cast.supplier) == ["company.retired", "company.restored"]


def test_contacts_are_added_changed_and_retired(app: Flask, cast: Cast, client_for: Clients) -> None:
    client, path = client_for(cast.manager), f"/suppliers/{cast.supplier}"
    wrong = client.post(f"{path}/contacts", {"name": "", "email": "not one", "language": "de"})
    assert wrong.status_code == 422
    for said in ("This is needed.", "This is not an e-mail address", "not one of the three languages"):
        assert said in wrong.text
    fields = {"name": "Zhao Min", "email": "zhao@example.com", "language": "zh-Hans"}
    assert client.post(f"{path}/contacts", fields).status_code == 303
    with app.app_context(), transaction() as session:
        contact = session.scalars(select(Contact).where(Contact.name == "Zhao Min")).one()
    edit = f"{path}/contacts/{contact.id}"
    assert "zhao@example.com" in client.get(f"{edit}/edit").text
    assert client.post(edit, {**fields, "duty": "Quality", "record_version": "1"}).status_code == 303
    stale = client.post(edit, {**fields, "duty": "Logistics", "record_version": "1"})
    assert stale.status_code == 409
    assert "Logistics" in stale.text
    assert "Quality" in stale.text
    assert (
        "Zhao Min" in client.get("/suppliers?q=zhao").text or "Hengda" in client.get("/suppliers?q=zhao").text
    )
    assert client.post(f"{edit}/retirement", {"record_version": "2"}).status_code == 303
    assert "Hengda" not in client.get("/suppliers?q=zhao").text
    elsewhere = f"/suppliers/{cast.other_supplier}/contacts/{contact.id}"
    assert client.get(f"{elsewhere}/edit").status_code == 404
    assert client.post(elsewhere, fields).status_code == 404
    assert acts(app, cast.supplier) == ["contact.created", "contact.changed", "contact.retired"]


def test_the_list_filters_sorts_and_pages_from_its_address(
    app: Flask, cast: Cast, client_for: Clients
) -> None:
    with app.app_context(), transaction() as session:
        for number in range(60):
            commands.add_company(
                session,
                manager(cast),
                BORN,
                name=f"Batch {number:02}",
                kinds=["contractor"] if number % 2 else ["developer"],
            )
    client = client_for(cast.manager)
    first = client.get("/suppliers")
    assert "1–50 of 62" in first.text
    assert "page=2" in first.text
    last = client.htmx("/suppliers?page=2&kind=")
    assert "51–62 of 62" in last.text
    assert "<!doctype" not in last.text.lower()
    assert "Batch 59" in client.get("/suppliers?page=99").text
    contractors = client.get("/suppliers?kind=contractor").text
    assert "Batch 01" in contractors
    assert "Batch 02" not in contractors
    assert "30 of 62" in contractors
    newest = client.get("/suppliers?sort=newest").text
    assert newest.index("Batch 59") < newest.index("Batch 58")
    nothing = client.get("/suppliers?q=nowhere").text
    assert "Nothing matches these filters" in nothing
    assert client.get("/suppliers?page=-3&sort=x&kind=y&state=z&q=%00").status_code == 200


def manager(cast: Cast) -> Actor:
    grant = Grant(Role.MANAGER, ScopeKind.EVERYTHING)
    return Actor(cast.manager, (grant,), "en", "Asia/Shanghai", "Manager Person")


@pytest.mark.parametrize("words", ["恒达", "精密", "达精", "hengda", "ZURICH", "S-9", "no 9"])
def test_search_agrees_on_both_engines(app_on_both: Flask, words: str) -> None:
    admin = Actor(new_id(), (Grant(Role.ADMIN, ScopeKind.EVERYTHING),), "en", "UTC", "Admin")
    fields: dict[str, Any] = {"other_name": "Hengda Zürich", "code": "S-9/No.9"}
    with app_on_both.app_context():
        with transaction() as session:
            session.add(
                Person(id=admin.id, email="a@b.cd", name="A", language="en", time_zone="UTC", created_at=BORN)
            )
            session.flush()
            wanted = commands.add_company(session, admin, BORN, name="苏州恒达精密", **fields)
            commands.add_company(session, admin, BORN, name="恒大地产")
        with transaction() as session:
            found = queries.find(session, admin, queries.Filters(text=words))
            assert [one.id for one in found.companies] == [wanted.id]
