"""Seeing it all: list, board, comparison, sheets, history, the calendar feed."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import openpyxl
import pytest
from icalendar import Calendar

from app.db import transaction
from app.features.actions.models import Action
from tests.client import PageClient
from tests.features.actions.steps import CAUSE, raised, row, step, subject


@pytest.fixture
def cases(app, cast, client_for):
    """Four cases of the manager: on time, three, twelve and forty days overdue."""
    manager, fields = client_for(cast.manager), subject(app, cast)
    made = {}
    for title, late in (("On time", -2), ("Three days", 3), ("Twelve days", 12), ("Forty days", 40)):
        extra = fields if late == 3 else {}
        made[title] = raised(manager, cast, title=title, severity="minor", trade="Welding", **extra)
        with app.app_context(), transaction() as session:
            found = session.get(Action, UUID(made[title].rpartition("/")[2]))
            found.due_at = datetime.now(UTC) - timedelta(days=late, hours=-1)
    return manager, made


def shown(client, query=""):
    """The titles on the list, in order."""
    page = client.get(f"/actions?{query}").get_data(as_text=True)
    return re.findall(r'<td class="c-subject"><a [^>]*>(.*?)</a>', page)


def test_the_list_is_by_due_date_and_filtered_by_its_address(app, cast, cases):
    manager, made = cases
    order = ["Forty days", "Twelve days", "Three days", "On time"]
    assert shown(manager) == order
    assert shown(manager, "state=overdue") == order[:3]
    assert shown(manager, "age=1") == ["Three days"] and shown(manager, "age=8") == ["Twelve days"]
    assert shown(manager, "age=31") == ["Forty days"]
    assert shown(manager, f"company={cast.other_supplier}") == []
    assert shown(manager, "q=4410") == ["Three days"] and shown(manager, "trade=Welding") == order
    assert shown(manager, "severity=major") == []
    assert shown(manager, "sort=number") == ["Forty days", "Twelve days", "Three days", "On time"]
    assert len(shown(manager, "mine=1")) == 4 and shown(manager, "state=nonsense&page=99") == order
    code = row(app, made["Three days"]).defect_code_id
    assert shown(manager, f"code={code}") == ["Three days"]
    fragment = manager.htmx("/actions?state=overdue")
    assert fragment.headers["HX-Push-Url"] == "/actions?state=overdue"
    assert "<html" not in fragment.get_data(as_text=True)


def test_the_board_has_a_column_for_each_step(app, cast, client_for, cases):
    manager, made = cases
    step(manager, made["On time"], "cause", CAUSE)
    page = manager.get("/actions/board").get_data(as_text=True)
    column = page.split('id="b-cause"', 1)[1].split("</section>", 1)[0]
    assert column.count("<li") == 4 and "To be judged by us" in column
    assert "Forty days" not in client_for(cast.stranger).get("/actions/board").get_data(as_text=True)


def test_what_is_compared(app, cast, cases):
    manager, made = cases
    step(manager, made["On time"], "cause", CAUSE)
    manager.post(f"{made['On time']}/steps/cause/acceptance")
    page = manager.get("/actions/overview").get_data(as_text=True)
    ages = re.search(r"<b>All</b></th>(.*?)</tr>", page, re.S)
    assert re.findall(r">(\d+)</a>", ages.group(1)) == ["1", "1", "1"]
    causes = page.split('id="causes"', 1)[1].split('id="codes"', 1)[0]
    assert causes.count("<circle") == 2 and "100 %" in causes, "method and man were confirmed"
    assert "T01" in page


def test_sheets_hold_what_the_list_shows(app, cast, cases):
    manager, _ = cases
    answer = manager.client.get("/actions/sheet.xlsx?state=overdue")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    rows = list(sheet.iter_rows(values_only=True))
    assert [line[1] for line in rows[1:]] == ["Forty days", "Twelve days", "Three days"]
    assert [line[12] for line in rows[1:]] == [40, 12, 3]
    assert "Three days" in manager.client.get("/actions/sheet.csv").get_data(as_text=True)


def test_the_calendar_shows_ones_own_due_days_and_ends_with_the_next_address(app, cast, cases):
    manager, _ = cases
    assert manager.get("/actions/feed").status_code == 200

    def fresh():
        page = manager.post("/actions/feed").get_data(as_text=True)
        return re.search(r'value="http://localhost(/l/calendar/[^"]+)"', page).group(1)

    first = fresh()
    visitor = PageClient(app, None)
    answer = visitor.client.get(first)
    assert answer.mimetype == "text/calendar"
    events = Calendar.from_ical(answer.data).walk("VEVENT")
    assert len(events) == 4 and all("A-20" in str(event["summary"]) for event in events)
    second = fresh()
    assert visitor.client.get(first).status_code == 404
    assert visitor.client.get(second).status_code == 200
    assert visitor.client.get(second.replace("calendar/", "")).status_code in (404, 410), "no door for guests"


def test_history_names_everybody(app, cast, cases):
    manager, made = cases
    step(manager, made["On time"], "cause", CAUSE)
    page = manager.get(f"{made['On time']}/history").get_data(as_text=True)
    assert "Opened" in page and "Sent" in page and "Manager Person" in page
