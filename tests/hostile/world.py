"""A house with something behind every address, and what a person would send to each form of it."""

from __future__ import annotations

from typing import Any

from flask import Flask

from app.db import new_id, reading
from app.features.companies.models import Contact
from tests.cast import Cast, assemble
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version


class World:
    """A house with something behind every address."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.engine = app.extensions["plumbline.database"].engine.name
        self.cast: Cast = assemble(app)
        version = audit_version(app)
        phone = Phone(PageClient(app, self.cast.owner)).register()
        self.record = phone.start(version, self.cast.site, self.cast.owner)
        phone.set("q/M01", "score", "10")
        phone.push()
        with app.app_context():
            contact = reading().query(Contact).filter_by(company_id=self.cast.supplier).one().id
        cast, record = self.cast, self.record
        person = {"name": "Zed", "language": "en", "time_zone": "UTC", "record_version": ""}
        grant = {"role": "auditor", "scope": "everything"}
        company = {
            "name": "Acme",
            "other_name": "",
            "kinds": ["supplier"],
            "code": "",
            "country": "CN",
            "note": "",
            "anyway": "1",
            "record_version": "",
        }
        site = {"name": "S", "address": "", "city": "", "country": "", "time_zone": "UTC"}
        one = {"name": "C", "duty": "", "email": "", "phone": "", "language": "", "record_version": ""}
        plan = {
            "checklist": str(version),
            "supplier": "",
            "site": str(cast.site),
            "lead": str(cast.owner),
            "others": [str(cast.teammate)],
            "due": "2030-01-01",
            "objectives": "a",
            "scope": "b",
            "criteria": "c",
            "client": "d",
            "participants-0-name": "P",
            "participants-0-organisation": "O",
            "participants-0-role": "R",
            "left_out": ["man"],
            "reason-man": "why",
        }
        texts = {"objectives": "a", "scope": "b", "criteria": "c", "client": "d", "seq": "99"}
        inspection, supplier = f"/inspections/{record}", f"/suppliers/{cast.supplier}"
        # address → what a person would send; dangerous ones (they end the session) are not here
        self.forms: dict[str, dict[str, Any]] = {
            "/sign-in": {"email": "a@example.com", "password": "p" * 12, "kept": "y", "next": "/me"},
            "/password-reset": {"email": "a@example.com"},
            "/one-time-link": {"purpose": "invitation", "token": "x"},
            "/invitation": {"name": "N", "password": "p" * 12, "language": "en", "time_zone": "UTC"},
            "/new-password": {"password": "p" * 12},
            "/language": {"language": "en", "next": "/me"},
            "/theme": {"theme": "sun", "next": "/me"},
            "/me": person,
            "/me/password": {"current": "x", "password": "y" * 12},
            "/invitations": {**person, **grant, "email": "zed@example.com"},
            f"/people/{cast.stranger}": person,
            f"/people/{cast.stranger}/grants": grant,
            f"/people/{cast.stranger}/disabling": {"reason": "r"},
            "/suppliers": company,
            supplier: company,
            f"{supplier}/sites": site,
            f"{supplier}/sites/{cast.site}": {**site, "record_version": ""},
            f"{supplier}/contacts": one,
            f"{supplier}/contacts/{contact}": one,
            "/suppliers/imports": {"kind": "supplier", "sheet": "not a file"},
            f"/suppliers/imports/{new_id()}/confirmation": {"c-0": "new", "c-" + "9" * 5_000: "new"},
            "/inspections/new": plan,
            f"{inspection}/assignment": {"lead": str(cast.owner), "others": [], "seq": "99"},
            f"{inspection}/postponement": {"due": "2031-01-01", "reason": "r", "seq": "99"},
            f"{inspection}/coverage": {"section": "man", "covered": "out", "reason": "r", "seq": "99"},
            f"{inspection}/plan": texts,
            f"{inspection}/approval": {"seq": "99"},
            f"{inspection}/return": {
                "reason": "r",
                "comments-0-question": "M01",
                "comments-0-text": "c",
                "seq": "99",
            },
            f"{inspection}/revision": {"reason": "r", "seq": "99"},
        }
        self.pages = [
            "/inspections",
            "/inspections?sort=date",
            "/inspections.csv",
            "/inspections.xlsx",
            inspection,
            f"{inspection}/history",
            "/inspections/new",
            "/suppliers",
            "/suppliers?state=all",
            supplier,
            f"{supplier}/sites/{cast.site}/edit",
            f"{supplier}/contacts/{contact}/edit",
            "/people",
            f"/people/{cast.stranger}",
            "/invitations/new",
            "/me",
            "/api/v1/work",
            f"/api/v1/inspections/{record}",
        ]
