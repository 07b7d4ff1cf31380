"""A checklist gets a new version while a phone without signal fills in the old one (offline.md §5: 18)."""

from __future__ import annotations

from uuid import UUID

from flask import Flask

from app.db import reading, transaction
from app.features.checklists.commands import publish
from app.features.checklists.models import Version
from app.features.inspections.models import Inspection
from tests.cast import BORN, Cast
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version


def test_what_was_begun_with_the_old_version_is_taken_and_stays_with_it(app: Flask, cast: Cast) -> None:
    old = audit_version(app)
    phone = Phone(PageClient(app, cast.owner)).register()
    offered = phone.client.api("GET", "/api/v1/work").json
    assert offered is not None
    assert str(old) in {each["version_id"] for each in offered["checklists"]}
    record = phone.start(old, cast.site, cast.owner)
    phone.set("q/M01", "score", "8")
    with app.app_context(), transaction() as session:
        version = session.get(Version, old)
        assert version is not None
        sections = version.definition["sections"]
        shorter = [{**sections[0], "questions": sections[0]["questions"][1:]}, *sections[1:]]
        new = publish(session, {**version.definition, "sections": shorter}, BORN, cast.admin).id
    offered = phone.client.api("GET", "/api/v1/work").json
    assert offered is not None
    versions = {each["version_id"] for each in offered["checklists"]}
    assert str(new) in versions and str(old) not in versions, "the next inspection begins with the new one"
    # M01 is not asked any more; here it still is
    assert [result["result"] for result in phone.push()] == ["applied", "applied"]
    with app.app_context():
        row = reading().get(Inspection, UUID(record))
        assert row is not None
        assert (row.version_id, row.answered, row.asked) == (old, 1, 59)
    form = phone.client.api("GET", f"/api/v1/checklists/{old}/en")
    assert form.status_code == 200 and 'data-question="M01"' in (form.json or {})["html"]
