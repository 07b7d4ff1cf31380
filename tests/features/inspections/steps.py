"""Steps that tests of the desk share: planning through the form, as a manager does."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from werkzeug.test import TestResponse

from app.db import reading
from app.features.inspections.models import Inspection
from tests.cast import Cast
from tests.client import PageClient
from tests.factories.phone import audit_version


def day(ahead: int) -> str:
    """A day so many days from today at the site (Asia/Shanghai)."""
    return ((datetime.now(UTC) + timedelta(hours=8)).date() + timedelta(days=ahead)).isoformat()


def typed(app: Flask, cast: Cast, **changes: Any) -> dict[str, Any]:
    """A plan as it is typed; `changes` replace or, with None, take away."""
    fields = {
        "checklist": str(audit_version(app)),
        "site": str(cast.site),
        "lead": str(cast.owner),
        "others": [str(cast.teammate)],
        "due": day(7),
        "objectives": "See whether the new line is under control.",
        "scope": "Line 3",
        "criteria": "Quality agreement 2026",
        "client": "Nordhaven Appliances",
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def plan(manager: PageClient, cast: Cast, **changes: Any) -> str:
    """Plans an inspection through the form and gives the address of its page."""
    answer = manager.post("/inspections/new", typed(manager.app, cast, **changes))
    assert answer.status_code == 303, answer.get_data(as_text=True)[:4000]
    return str(answer.headers["Location"])


def id_of(address: str) -> UUID:
    return UUID(address.rstrip("/").split("/")[2])


def row_of(app: Flask, address: str) -> Inspection:
    """The stored row, read afresh."""
    with app.app_context():
        found = reading().get(Inspection, id_of(address))
        assert found is not None
        return found


def seq_in(answer: TestResponse) -> str:
    """The head the page's forms were drawn from."""
    found = re.search(r'name="seq" value="(\d+)"', answer.get_data(as_text=True))
    assert found is not None, "the page has no form"
    return found[1]


def change(browser: PageClient, address: str, noun: str, /, **fields: Any) -> TestResponse:
    """Opens the page and sends one of its forms."""
    seq = fields.pop("seq", None) or seq_in(browser.get(address))
    return browser.post(f"{address}/{noun}", {"seq": seq, **fields})


def today() -> date:
    return date.fromisoformat(day(0))
