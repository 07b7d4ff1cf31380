"""The list: who sees what, filters, sorting, search, pages, sheets."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime

import openpyxl
import pytest

from app.db import transaction
from app.features.companies.models import Company
from app.features.inspections.models import Inspection
from app.features.places.models import Site
from tests.cast import assemble
from tests.client import PageClient
from tests.features.inspections.steps import change, day, id_of, plan, today


def store(app, address, **values):
    """Gives the row of a planned inspection what phones would have brought it to."""
    with app.app_context(), transaction() as session:
        row = session.get(Inspection, id_of(address))
        for name, value in values.items():
            setattr(row, name, value)
        return row.number


def numbers(answer):
    """The numbers on the page, in its order."""
    return re.findall(r'faint nowrap">(\d{4}-\d{4})<', answer.get_data(as_text=True))


@pytest.fixture
def manager(client_for, cast):
    return client_for(cast.manager)


@pytest.fixture
def five(app, cast, manager):
    """One of each state; the names are their numbers."""
    n = {}
    n["planned"] = store(app, plan(manager, cast, others=[]))
    n["overdue"] = store(app, plan(manager, cast, lead=str(cast.teammate)), due=date(2026, 1, 9))
    n["running"] = store(
        app,
        plan(manager, cast, others=[]),
        state="in_progress",
        score=873,
        grade="B",
        result={"grade_before": "B"},
    )
    n["lowered"] = store(
        app,
        plan(manager, cast, site=str(cast.other_site), others=[]),
        state="completed",
        completed_at=datetime(2026, 3, 31, 15, 59, tzinfo=UTC),  # 23:59 in Shanghai
        score=906,
        grade="B",
        provisional=False,
        result={"grade_before": "A"},
    )
    n["vetoed"] = store(
        app,
        plan(manager, cast, site=str(cast.other_site), others=[]),
        state="completed",
        completed_at=datetime(2026, 3, 31, 16, 1, tzinfo=UTC),  # 1 April in Shanghai
        score=646,
        grade="C",
        vetoed=True,
        provisional=False,
        result={"grade_before": "C"},
    )
    return n


def test_newest_first_with_all_that_a_row_says(manager, five):
    answer = manager.get("/inspections")
    page = answer.get_data(as_text=True)
    assert numbers(answer) == [five[k] for k in ("vetoed", "lowered", "running", "overdue", "planned")]
    for shown in ("87.3", "90.6", "64.6", "from A", "Veto", "Overdue", "In progress", "5 of 5"):
        assert shown in page, shown
    assert '<span class="grade grade--open" title="provisional">B' in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=planned", ["overdue", "planned"]),
        ("state=overdue", ["overdue"]),
        ("state=in_progress", ["running"]),
        ("state=completed", ["vetoed", "lowered"]),
        ("state=cancelled", []),
        ("grade=B", ["lowered"]),  # a provisional letter is no grade yet
        ("grade=C", []),  # a veto stands above the letter
        ("grade=veto", ["vetoed"]),
        ("company={other_supplier}", ["vetoed", "lowered"]),
        ("auditor={teammate}", ["overdue"]),
        ("auditor={stranger}", []),
        ("to=2026-01-09", ["overdue"]),
        ("from=2026-03-31&to=2026-03-31", ["lowered"]),  # the reader's days
        ("from=2026-04-01&to=2026-04-01", ["vetoed"]),
        ("q=kunshan", ["vetoed", "lowered"]),
        ("q=goldleaf+4m1e", ["vetoed", "lowered"]),
        ("q=teammate", ["overdue"]),
        ("q=nowhere", []),
        ("q={number}", ["planned"]),
        ("state=completed&grade=veto&q=goldleaf&company={other_supplier}", ["vetoed"]),
        (
            "company=x&checklist='&auditor=%00&state=lost&grade=D&from=soon&to=0&sort=id&page=-3&direction=x",
            None,
        ),
    ],
)
def test_filters(manager, cast, five, query, found):
    asked = query.format(
        other_supplier=cast.other_supplier,
        teammate=cast.teammate,
        stranger=cast.stranger,
        number=five["planned"],
    )
    every = ["vetoed", "lowered", "running", "overdue", "planned"]
    assert numbers(manager.get(f"/inspections?{asked}")) == [
        five[k] for k in (every if found is None else found)
    ]


def test_the_checklist_filter_holds_for_every_version(app, manager, cast, five):
    page = manager.get("/inspections").get_data(as_text=True)
    assert 'name="checklist"' not in page  # one checklist only: nothing to choose
    with app.app_context():
        from app.db import reading
        from app.features.checklists.models import Checklist

        checklist = reading().query(Checklist).filter_by(code="4m1e-supplier-audit").one().id
    assert len(numbers(manager.get(f"/inspections?checklist={checklist}"))) == 5
    nothing = manager.get("/inspections?checklist=00000000-0000-7000-8000-000000000000")
    assert numbers(nothing) == []
    assert "remove this filter" in nothing.get_data(as_text=True)  # it can be taken away again


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("sort=number&direction=up", ["planned", "overdue", "running", "lowered", "vetoed"]),
        ("sort=score", ["lowered", "running", "vetoed", "overdue", "planned"]),
        ("sort=score&direction=up", ["overdue", "planned", "vetoed", "running", "lowered"]),
        ("sort=grade", ["lowered", "running", "vetoed", "overdue", "planned"]),
        ("sort=state", ["running", "overdue", "planned", "vetoed", "lowered"]),
        ("sort=subject", ["vetoed", "lowered", "running", "overdue", "planned"]),
        ("sort=auditor&direction=down", ["overdue", "vetoed", "lowered", "running", "planned"]),
        ("sort=date&direction=up", ["overdue", "lowered", "vetoed", "running", "planned"]),
        ("sort=checklist", ["vetoed", "lowered", "running", "overdue", "planned"]),
    ],
)
def test_sorting(manager, five, query, found):
    assert numbers(manager.get(f"/inspections?{query}")) == [five[k] for k in found]


def test_every_sort_and_search_on_both_engines(app_on_both):
    cast = assemble(app_on_both)
    with app_on_both.app_context(), transaction() as session:
        session.get(Company, cast.supplier).other_name = "恒达精密机械"
        session.get(Site, cast.site).city = "苏州工业园"
    manager = PageClient(app_on_both, cast.manager)
    first = plan(manager, cast)
    second = plan(manager, cast, site=str(cast.other_site))
    store(
        app_on_both,
        second,
        state="completed",
        completed_at=datetime(2026, 3, 31, 15, 59, tzinfo=UTC),
        score=800,
        grade="B",
        provisional=False,
    )
    for sort in ("number", "subject", "checklist", "auditor", "state", "score", "grade", "date"):
        for direction in ("up", "down"):
            answer = manager.get(f"/inspections?sort={sort}&direction={direction}")
            assert len(numbers(answer)) == 2, (sort, direction)
    mine = store(app_on_both, first)
    for words in ("精密", "达精", "苏州", "恒达精密", "hengda 精密", "現場稽核 精密", mine):
        assert numbers(manager.get("/inspections", query_string={"q": words})) == [mine], words
    for words in ("密精", "无锡"):
        assert numbers(manager.get("/inspections", query_string={"q": words})) == []
    assert numbers(manager.get("/inspections?from=2026-03-31&to=2026-03-31")) == [store(app_on_both, second)]
    assert numbers(manager.get("/inspections?state=overdue")) == []


def test_who_sees_what(app, cast, manager, client_for):
    here = store(app, plan(manager, cast, others=[]))
    there = store(app, plan(manager, cast, site=str(cast.other_site)))
    for person, found in (
        (cast.owner, [there, here]),
        (cast.teammate, [there]),
        (cast.stranger, []),
        (cast.scoped, [here]),
        (cast.manager, [there, here]),
        (cast.officer, [there, here]),
        (cast.admin, [there, here]),
    ):
        client = client_for(person)
        assert numbers(client.get("/inspections")) == found
        assert numbers(client.htmx("/inspections")) == found
        sheet = client.get("/inspections.csv").get_data(as_text=True)
        assert [number for number in (there, here) if number in sheet] == found
        count = re.search('id="found-count">([^<]*)', client.get("/inspections").get_data(as_text=True))
        assert re.findall(r"\d+", count[1]) == [str(len(found))] * 2  # in whatever language
    assert "Nothing is planned for you" in client_for(cast.stranger).get("/inspections").get_data(
        as_text=True
    )
    for path in ("/inspections", "/inspections.csv", "/inspections.xlsx"):
        for signed_out in (client_for(None), client_for(cast.gone)):
            assert signed_out.get(path).status_code == 302


def test_who_left_the_team_sees_it_no_more(app, cast, manager, client_for):
    address = plan(manager, cast)
    assert len(numbers(client_for(cast.owner).get("/inspections"))) == 1
    change(manager, address, "assignment", lead=str(cast.teammate))
    assert numbers(client_for(cast.owner).get("/inspections")) == []


def test_overdue_follows_the_day_at_the_site(app, cast, manager):
    number = store(app, plan(manager, cast, due=day(0)))
    assert numbers(manager.get("/inspections?state=overdue")) == []
    with app.app_context(), transaction() as session:
        # the same instant is a day later, or earlier, elsewhere
        session.get(Site, cast.site).time_zone = "Pacific/Kiritimati"
    ahead = (
        datetime.now(UTC).hour >= 10 and datetime.now(UTC).hour < 16
    )  # Kiritimati is a day ahead of Shanghai
    assert numbers(manager.get("/inspections?state=overdue")) == ([number] if ahead else [])


def test_pages_hold_twenty_five_and_never_run_out(app, cast, manager):
    made = [store(app, plan(manager, cast)) for _ in range(27)]
    made.reverse()
    first = manager.get("/inspections")
    assert numbers(first) == made[:25]
    assert "1–25 of 27" in first.get_data(as_text=True)
    assert numbers(manager.get("/inspections?page=2")) == made[25:]
    for beyond in ("3", "999999999999", "99999999999999999999999"):
        assert numbers(manager.get(f"/inspections?page={beyond}")) == made[25:]
    for before in ("0", "-1", "x", ""):
        assert numbers(manager.get(f"/inspections?page={before}")) == made[:25]


def test_htmx_gets_the_list_alone_and_the_address_it_stands_for(manager, five):
    answer = manager.htmx("/inspections?state=completed&company=&q=&sort=number&direction=down")
    body = answer.get_data(as_text=True)
    assert body.lstrip().startswith('<div id="found">') and "<html" not in body
    assert answer.headers["HX-Push-Url"] == "/inspections?state=completed"
    assert 'id="found-count" hx-swap-oob="true">2 of 5' in body
    assert "HX-Request" in answer.headers["Vary"]


def test_applied_filters_stand_first_and_can_be_taken_away(manager, cast, five):
    page = manager.get(f"/inspections?state=completed&company={cast.other_supplier}&q=goldleaf").get_data(
        as_text=True
    )
    row = page[page.index('id="filters"') : page.index("</form>")]
    on, rest = row.index("filter--on"), row.index("filter--choice")
    assert on < rest and "Goldleaf Packaging" in row and "Completed" in row
    assert f'href="/inspections?company={cast.other_supplier}&amp;q=goldleaf"' in row  # without the state
    assert 'value="goldleaf"' in page and "Clear" in row


def test_a_list_of_many_asks_the_database_a_few_times_only(app, cast, manager):
    from sqlalchemy import event

    asked = []
    engine = app.extensions["plumbline.database"].engine
    event.listen(engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    plan(manager, cast)
    asked.clear()
    manager.get("/inspections")
    few = len(asked)
    for _ in range(6):
        plan(manager, cast)
    asked.clear()
    manager.get("/inspections")
    assert len(asked) == few <= 14


def test_names_that_are_markup_or_formulas_stay_text(app, cast, manager):
    with app.app_context(), transaction() as session:
        session.get(Company, cast.supplier).name = '=HYPERLINK("http://x")<img src=x onerror=alert(1)>'
    plan(manager, cast)
    page = manager.get("/inspections").get_data(as_text=True)
    assert "<img" not in page and "&lt;img src=x" in page
    manager.get("/inspections", query_string={"q": '"><script>alert(1)</script>'})  # judged by the client
    sheet = manager.get("/inspections.csv").get_data(as_text=True)
    assert "\"'=HYPERLINK" in sheet


def test_sheets_hold_what_the_filters_leave(app, cast, manager, five):
    answer = manager.get("/inspections.csv?state=completed")
    assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
    lines = answer.get_data(as_text=True).lstrip("\ufeff").splitlines()
    assert lines[0].startswith("Number,Supplier,Site")
    assert [line.split(",")[0] for line in lines[1:]] == [five["vetoed"], five["lowered"]]
    book = openpyxl.load_workbook(io.BytesIO(manager.get("/inspections.xlsx?grade=veto").data))
    rows = list(book.active.values)
    assert rows[1][0] == five["vetoed"] and rows[1][7] == 64.6 and rows[1][9] == "yes"
    assert len(rows) == 2
    assert rows[1][10].date() >= today()


def test_an_empty_house_says_what_to_do(manager):
    page = manager.get("/inspections").get_data(as_text=True)
    assert "No inspection yet" in page and 'href="/inspections/new"' in page
    page = manager.get("/inspections?q=x").get_data(as_text=True)
    assert "No inspection yet" in page
