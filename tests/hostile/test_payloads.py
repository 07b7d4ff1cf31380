"""Names, notes and titles that are code: on no page, in no mail and in no sheet do they become it."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from uuid import UUID

import openpyxl
import pytest
from flask import Flask

from app.db import reading, transaction
from app.features.accounts.models import Device, Person
from app.features.companies.models import Company, Contact
from app.features.inspections.mails import letter_for
from app.features.places.models import Site
from tests.cast import BORN, Cast
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version
from tests.features.inspections.steps import plan

CODE = "<img src=x onerror=alert(1)>'\"><script>alert(2)</script>"
FORMULA = '=HYPERLINK("http://evil.example","x")'


@pytest.fixture
def poisoned(app: Flask, cast: Cast) -> str:
    """A house where everything that can be named is named as code; the id of an inspection in it."""
    version = audit_version(app)
    with app.app_context(), transaction() as session:
        for person in session.query(Person):
            person.name = CODE
        for company in session.query(Company):
            company.name, company.other_name, company.note = CODE, CODE, CODE
            company.code = f"{company.id.hex[-6:]}{CODE}"[:40]
        for site in session.query(Site):
            site.name, site.address, site.city = CODE, CODE, CODE
        for contact in session.query(Contact):
            contact.name, contact.duty, contact.email, contact.phone = CODE, CODE, CODE, CODE[:40]
    phone = Phone(PageClient(app, cast.owner)).register()
    record = phone.start(version, cast.site, cast.owner)
    typed = {"text": CODE, "lang": "en"}
    phone.set("q/M01", "score", "0")
    phone.set("q/M01", "note", typed)
    phone.set("q/M02", "score", "na")
    phone.set("q/M02", "reason", typed)
    phone.add_photo("q/M01", b"x", name=CODE)
    row = "participants/01890000-0000-7000-8000-000000000001"
    phone.operation("row.add", row, "row", {"on": True})
    for name in ("name", "organisation", "role"):
        phone.set(row, name, typed)
    for path, name in (("opening", "remarks"), ("closing", "summary"), ("opening", "areas_seen")):
        phone.set(path, name, typed)
    phone.set("q/M03", "note", {"text": "<b>a</b>", "lang": "en"}, parents=[])
    phone.set("q/M03", "note", {"text": "<b>b</b>", "lang": "en"}, parents=[])
    assert {result["result"] for result in phone.push()} == {"applied"}
    with app.app_context(), transaction() as session:
        device = session.get(Device, UUID(phone.device))
        assert device is not None
        device.label = device.platform = CODE
    return record


def test_no_page_turns_it_into_markup(app: Flask, cast: Cast, poisoned: str) -> None:
    seen = 0
    for person in (cast.admin, cast.manager, cast.owner):
        client = PageClient(app, person)
        for path in (
            "/inspections",
            "/inspections?q=img",
            f"/inspections/{poisoned}",
            f"/inspections/{poisoned}/history",
            "/inspections/new",
            "/suppliers",
            f"/suppliers/{cast.supplier}",
            f"/suppliers/{cast.supplier}/edit",
            f"/suppliers/{cast.supplier}/sites/{cast.site}/edit",
            "/people",
            f"/people/{cast.owner}",
            "/invitations/new",
            "/me",
            f"/sign-in?next=/{CODE}",
            f"/people?q={CODE}",
            f"/suppliers?q={CODE}",
        ):
            for headers in ({}, {"HX-Request": "true"}):
                text = client.client.get(path, headers=headers).get_data(as_text=True)
                for raw in ("<img src=x", "<script>alert", "<b>a</b>", "<b>b</b>"):
                    assert raw not in text, path
                seen += "&lt;img src=x" in text
    assert seen > 30  # the payload was really there, as text


def test_what_phones_fetch_is_data(app: Flask, cast: Cast, poisoned: str) -> None:
    client = PageClient(app, cast.owner)
    for path in ("/api/v1/work", f"/api/v1/inspections/{poisoned}", "/api/v1/me"):
        answer = client.api("GET", path)
        assert answer.mimetype == "application/json"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_no_mail_has_a_second_header(app: Flask, cast: Cast, poisoned: str) -> None:
    with app.app_context(), transaction() as session:
        person = session.get(Person, cast.owner)
        assert person is not None
        person.name = "A\r\nBcc: all@example.com"
    with app.test_request_context():
        payload = {"letter": "assigned", "inspection": poisoned, "person": str(cast.owner)}
        letter = letter_for(payload, BORN)
    assert letter is not None
    assert not set("\r\n") & set(letter.subject)


def test_sheets_calculate_nothing(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction() as session:
        for company in session.query(Company):
            company.name = FORMULA
        for site in session.query(Site):
            site.city, site.name = "@SUM(1)", "\t=1+1"
    manager = PageClient(app, cast.manager)
    plan(manager, cast)
    rows = list(csv.reader(StringIO(manager.get("/inspections.csv").get_data(as_text=True))))
    assert f"'{FORMULA}" in rows[1]
    assert not [cell for row in rows for cell in row if cell[:1] in "=+@\t" and cell]
    book = openpyxl.load_workbook(BytesIO(manager.get("/inspections.xlsx").data))
    cells = [cell for row in book.active.iter_rows() for cell in row]  # type: ignore[union-attr]
    assert FORMULA in [cell.value for cell in cells]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}


def test_nobody_is_named_in_the_other_direction(app: Flask, cast: Cast) -> None:
    """Found: a name could hold marks that turn the letters after it round."""
    client = PageClient(app, cast.owner)
    form = {"name": "Bo\u202eneh\u202c C", "language": "en", "time_zone": "UTC"}
    assert client.post("/me", form).status_code == 303
    with app.app_context():
        person = reading().get(Person, cast.owner)
        assert person is not None
        assert person.name == "Boneh C"
