"""An audit on its way to its end, on both engines in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from flask import Flask

from app.db import transaction
from app.features.checklists.commands import publish
from app.features.checklists.library import definitions
from app.features.inspections.record import ON_FROZEN, Frozen
from tests.cast import BORN, Cast, assemble
from tests.client import PageClient
from tests.factories.phone import Phone, audit_version
from tests.features.inspections.endings.steps import begun, pushed


@pytest.fixture
def app(app_on_both: Flask) -> Flask:
    return app_on_both


@pytest.fixture
def cast(app: Flask) -> Cast:
    return assemble(app)


@pytest.fixture
def heard() -> Iterator[list[Frozen]]:
    """What listeners of a freeze heard."""
    found: list[Frozen] = []

    def listen(session: object, frozen: Frozen) -> None:
        found.append(frozen)

    ON_FROZEN.append(listen)
    yield found
    ON_FROZEN.remove(listen)


@pytest.fixture
def phone_of(app: Flask) -> Callable[[UUID], Phone]:
    return lambda person: Phone(PageClient(app, person)).register()


@pytest.fixture
def phone(app: Flask, cast: Cast, phone_of: Callable[[UUID], Phone]) -> Phone:
    return begun(app, cast, phone_of(cast.owner))


@pytest.fixture
def early(app: Flask, cast: Cast, phone_of: Callable[[UUID], Phone]) -> Phone:
    """An audit just begun: enough where only one operation is judged."""
    phone = phone_of(cast.owner)
    phone.start(audit_version(app), cast.site, cast.owner)
    assert pushed(phone) == [("applied", "")]
    return phone


@pytest.fixture
def reviewed(app: Flask, cast: Cast, phone_of: Callable[[UUID], Phone]) -> Phone:
    """The same with a checklist that asks for an approver."""
    audit = next(d for d in definitions() if d["code"] == "4m1e-supplier-audit")
    audit = {**audit, "code": "reviewed", "rules": {**audit["rules"], "approval": True}}
    with app.app_context(), transaction() as session:
        version = publish(session, audit, BORN, cast.manager).id
    return begun(app, cast, phone_of(cast.owner), version)
