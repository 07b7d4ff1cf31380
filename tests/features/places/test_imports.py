"""Suppliers from a sheet, through HTTP: what cannot be read is named, what is there is not added twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from uuid import UUID

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.db import transaction
from app.features.companies.models import Company, Contact
from app.features.places.models import ImportDraft, Site
from app.journal import Entry
from tests.cast import Cast
from tests.client import PageClient

Clients = Callable[..., PageClient]
HEADER = "公司名称,其他名称,代码,国家,现场名称,城市,时区,联系人,电子邮箱,语言"


def send(client: PageClient, content: bytes, name: str = "list.csv") -> TestResponse:
    return client.post("/suppliers/imports", {"sheet": (BytesIO(content), name), "kind": "supplier"})


def preview(client: PageClient, content: bytes, name: str = "list.csv") -> TestResponse:
    answer = send(client, content, name)
    assert answer.status_code == 303, answer.text
    return client.get(answer.location)


def confirm(client: PageClient, page: TestResponse, **choices: str) -> TestResponse:
    return client.post(f"{page.request.path}/confirmation", choices)


def workbook(rows: list[list[object]], merge: str = "") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    if merge:
        sheet.merge_cells(merge)
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def names(app: Flask) -> list[str]:
    with app.app_context(), transaction() as session:
        return list(session.scalars(select(Company.name).order_by(Company.id)))


def count(app: Flask, model: type) -> int:
    with app.app_context(), transaction() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def choice_named(page: TestResponse, company: str) -> str:
    """The name of the select that decides about a company of the sheet."""
    found = re.search(rf'<b>(?:<span[^>]*>)?{company}.*?name="(c-\d+)"', page.text, re.DOTALL)
    assert found, page.text
    return found[1]


def test_a_chinese_sheet_in_gb18030(app: Flask, cast: Cast, client_for: Clients) -> None:
    lines = [
        HEADER,
        "天宇铸造有限公司,Tianyu Castings,S-31,中国,二厂,常州,,王建国,wang@example.com,简体中文",
        "天宇铸造,,S-31,,三厂,常州,Asia/Tokyo,赵敏,zhao@example.com,",
    ]
    client = client_for(cast.manager)
    page = preview(client, "\r\n".join(lines).encode("gb18030"))
    assert page.status_code == 200
    assert "天宇铸造有限公司" in page.text
    assert "rows 2, 3" in page.text
    answer = confirm(client, page)
    assert answer.status_code == 303
    assert "1 company, 2 sites, 2 contacts" in client.get(answer.location).text
    with app.app_context(), transaction() as session:
        made = session.scalars(select(Company).where(Company.code == "S-31")).one()
        assert (made.name, made.other_name, made.country) == ("天宇铸造有限公司", "Tianyu Castings", "CN")
        sites = session.scalars(select(Site).where(Site.company_id == made.id).order_by(Site.id)).all()
        assert [(site.name, site.time_zone) for site in sites] == [
            ("二厂", "Asia/Shanghai"),
            ("三厂", "Asia/Tokyo"),
        ]
        contact = session.scalars(select(Contact).where(Contact.name == "王建国")).one()
        assert contact.language == "zh-Hans"
        acts = session.scalars(select(Entry.act)).all()
        assert {"company.created", "site.created", "companies.imported"} <= set(acts)
    assert "天宇铸造有限公司" in client.get("/suppliers?q=铸造").text
    assert count(app, ImportDraft) == 0


def test_merged_cells_of_a_workbook_belong_to_every_row_they_cover(
    app: Flask, cast: Cast, client_for: Clients
) -> None:
    rows: list[list[object]] = [
        ["Supplier list", None, None],
        ["Company", "Plant", "City"],
        ["Jiangnan Springs", "North", "Wuxi"],
        [None, "South", "Wuxi"],
    ]
    client = client_for(cast.manager)
    page = preview(client, workbook(rows, merge="A3:A4"), "list.xlsx")
    assert confirm(client, page).status_code == 303
    assert names(app).count("Jiangnan Springs") == 1
    assert count(app, Site) == 4


def test_unreadable_rows_are_named_and_the_others_come_in(
    app: Flask, cast: Cast, client_for: Clients
) -> None:
    lines = [
        HEADER,
        "Kaida Electronics,,,CN,,Wuxi,,,,",
        ",,,CN,,Nowhere,,,,",
        "Ruixin Plastics,,,Atlantis,,Ningbo,,,,",
        "Goldfarb,,,,,,,Wang,not an address,",
        "",
        "Mingfeng Fasteners,,,CN,,Haiyan,Mars/Phobos,,,",
    ]
    client = client_for(cast.manager)
    page = preview(client, "\n".join(lines).encode())
    assert "4 rows cannot be read" in page.text
    for row, column, said in (
        (3, "A", "This is needed."),
        (4, "D", "This is not a two-letter country code"),
        (5, "I", "This is not an e-mail address; an example is name@example.com."),
        (7, "G", "This is not a time zone"),
    ):
        part = page.text.split(f"Row {row}<", 1)[1].split("</li>", 1)[0]
        assert f"Column {column}" in part
        assert said in part
    assert confirm(client, page).status_code == 303
    assert [name for name in names(app) if name not in ("Hengda Precision", "Goldleaf Packaging")] == [
        "Kaida Electronics"
    ]


def test_likely_duplicates_are_pointed_out_and_decided_one_by_one(
    app: Flask, cast: Cast, client_for: Clients
) -> None:
    lines = [
        "Company,City,Contact,E-mail",
        "HENGDA PRECISION CO. LTD,Kunshan,Zhao Min,zhao@example.com",
        "Goldleaf Packagin,Suzhou,,",
        "Kaida Electronics,Wuxi,,",
        "Kaida Electronic,Wuxi,,",
        "Kaidda Electronics,Wuxi,,",
    ]
    client = client_for(cast.manager)
    page = preview(client, "\n".join(lines).encode())
    assert "Likely duplicates" in page.text
    assert "There already" in page.text
    assert f'<option value="id:{cast.supplier}" selected>' in page.text
    choices = {
        choice_named(page, "Goldleaf Packagin"): f"id:{cast.other_supplier}",
        choice_named(page, "Kaida Electronic"): "new",
    }
    assert confirm(client, page, **choices).status_code == 303
    assert sorted(names(app)) == [
        "Goldleaf Packaging",
        "Hengda Precision",
        "Kaida Electronic",
        "Kaida Electronics",
    ]
    with app.app_context(), transaction() as session:
        cities = session.scalars(select(Site.city).where(Site.company_id == cast.supplier)).all()
        assert sorted(cities) == ["Kunshan", "Suzhou"]
        assert session.scalars(select(Site.city).where(Site.company_id == cast.other_supplier)).all() == [
            "Kunshan",
            "Suzhou",
        ]


def test_the_same_sheet_twice_adds_nothing_the_second_time(
    app: Flask, cast: Cast, client_for: Clients
) -> None:
    sheet = b"Company,City,Contact,E-mail\nKaida Electronics,Wuxi,Wang Jianguo,wang@example.com\n"
    client = client_for(cast.manager)
    for _ in range(2):
        assert confirm(client, preview(client, sheet)).status_code == 303
    assert (count(app, Company), count(app, Site), count(app, Contact)) == (3, 3, 3)


def test_formulas_and_markup_stay_text(app: Flask, cast: Cast, client_for: Clients) -> None:
    evil = ['=HYPERLINK("http://x.example","y")', "+1+1", "@SUM(A1)", '<script>alert("x")</script>']
    rows: list[list[object]] = [["Company", "City"], *([name, "Wuxi"] for name in evil)]
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for row_number in range(2, 6):
        book.active.cell(row_number, 1).data_type = "s"
    buffer = BytesIO()
    book.save(buffer)
    client = client_for(cast.manager)
    page = preview(client, buffer.getvalue(), "list.xlsx")
    assert "<script>alert" not in page.text
    assert confirm(client, page).status_code == 303
    assert set(evil) <= set(names(app))
    assert "<script>alert" not in client.get("/suppliers").text


def test_a_database_changed_meanwhile_is_noticed_and_choices_stay(
    app: Flask, cast: Cast, client_for: Clients
) -> None:
    client = client_for(cast.manager)
    page = preview(client, b"Company\nGoldleaf Packagin\nTianyu Castings\n")
    chosen = {choice_named(page, "Goldleaf Packagin"): "new"}
    client_for(cast.admin).post("/suppliers", {"name": "Tianyu Castings", "kinds": "supplier", "anyway": "1"})
    again = confirm(client, page, **chosen)
    assert again.status_code == 409
    assert "The suppliers changed since this preview" in again.text
    assert '<option value="new" selected>' in again.text
    assert names(app) == ["Hengda Precision", "Goldleaf Packaging", "Tianyu Castings"]
    assert confirm(client, page, **chosen).status_code == 303
    assert sorted(names(app)) == [
        "Goldleaf Packagin",
        "Goldleaf Packaging",
        "Hengda Precision",
        "Tianyu Castings",
    ]


def test_nothing_is_half_imported(
    app: Flask, cast: Cast, client_for: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app import journal

    client = client_for(cast.manager)
    page = preview(client, b"Company,City\nKaida Electronics,Wuxi\nRuixin Plastics,Ningbo\n")

    def breaks(*_: object) -> None:
        raise RuntimeError("the power went out")

    with monkeypatch.context() as broken:
        broken.setattr(journal, "write", breaks)  # the last thing an import does
        client.app.testing = False
        assert confirm(client, page).status_code == 500
    assert names(app) == ["Hengda Precision", "Goldleaf Packaging"]
    assert count(app, Site) == 2
    assert confirm(client, page).status_code == 303
    assert count(app, Site) == 4


def test_a_retired_company_is_left_out_and_says_so(app: Flask, cast: Cast, client_for: Clients) -> None:
    client = client_for(cast.manager)
    client.post(f"/suppliers/{cast.supplier}/retirement", {"record_version": "1"})
    page = preview(client, b"Company,City\nHENGDA PRECISION,Wuxi\nKaida Electronics,Wuxi\n")
    assert "left out; restore them first" in page.text
    assert confirm(client, page, **{"c-0": "new"}).status_code == 303
    assert names(app) == ["Hengda Precision", "Goldleaf Packaging", "Kaida Electronics"]


def test_a_code_in_use_cannot_be_added_twice(app: Flask, cast: Cast, client_for: Clients) -> None:
    client = client_for(cast.manager)
    client.post("/suppliers", {"name": "Tianyu Castings", "kinds": "supplier", "code": "S-1"})
    page = preview(client, b"Company,Code,City\nAnother name altogether,s-1,Wuxi\n")
    assert "Add to Tianyu Castings" in page.text
    assert "Add as new" not in page.text
    assert confirm(client, page, **{"c-0": "new"}).status_code == 303
    assert "Another name altogether" not in names(app)
    assert "Tianyu" in client.get("/suppliers?q=wuxi").text


def test_contacts_added_to_a_known_company_are_found_and_written_down(
    app: Flask, cast: Cast, client_for: Clients
) -> None:
    client = client_for(cast.manager)
    page = preview(client, "Company,Contact\nHengda Precision,赵敏\n".encode())
    assert confirm(client, page).status_code == 303
    assert "Hengda" in client.get("/suppliers?q=赵敏").text
    with app.app_context(), transaction() as session:
        acts = session.scalars(select(Entry.act).where(Entry.record_id == cast.supplier)).all()
    assert acts == ["contacts.created"]


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "empty.csv", "sheet"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "photo.xlsx", "cannot be read as a sheet"),
        (b"City,Address\nWuxi,1 Road\n", "list.csv", "no column for the company"),
        (b"Company\n", "list.csv", "sheet"),
        (b"Company\n" + b"x" * (5 << 20), "list.csv", "too large"),
    ],
    ids=["empty", "picture", "no-name-column", "no-rows", "too-large"],
)
def test_files_that_are_no_supplier_sheet(
    app: Flask, cast: Cast, client_for: Clients, content: bytes, name: str, said: str
) -> None:
    answer = send(client_for(cast.manager), content, name)
    assert answer.status_code == 422
    assert 'id="sheet-error"' in answer.text
    assert said in answer.text
    assert count(app, ImportDraft) == 0


def test_no_file_is_said_beside_the_field(cast: Cast, client_for: Clients) -> None:
    answer = client_for(cast.manager).post("/suppliers/imports", {"kind": "supplier"})
    assert answer.status_code == 422
    assert "This is needed." in answer.text


def test_more_rows_than_20000_are_refused(cast: Cast, client_for: Clients) -> None:
    many = b"Company\n" + b"".join(b"Company %d\n" % number for number in range(20_001))
    answer = send(client_for(cast.manager), many)
    assert answer.status_code == 422
    assert "too large" in answer.text


def test_a_draft_is_its_owners_alone_and_expires(app: Flask, cast: Cast, client_for: Clients) -> None:
    client = client_for(cast.manager)
    page = preview(client, b"Company\nKaida Electronics\n")
    path = page.request.path
    for person in (cast.admin,):
        other = client_for(person)
        assert other.get(path).status_code == 302
        assert other.post(f"{path}/confirmation").status_code == 404
        assert other.post(f"{path}/discarding").status_code == 404
    for person in (cast.scoped, cast.owner, cast.officer):
        other = client_for(person)
        for place in (path, "/suppliers/imports/new", "/suppliers/imports/sample.xlsx"):
            assert other.get(place).status_code == 404
        assert other.post(f"{path}/confirmation").status_code == 404
        assert send(other, b"Company\nKaida\n").status_code == 404
    with app.app_context(), transaction() as session:
        draft = session.get(ImportDraft, UUID(path.rsplit("/", 1)[1]))
        assert draft is not None
        draft.expires_at -= timedelta(days=2)
    assert client.get(path).status_code == 302
    assert confirm(client, page).status_code == 404
    preview(client, b"Company\nRuixin Plastics\n")
    assert count(app, ImportDraft) == 1
    assert "Kaida Electronics" not in names(app)


def test_a_sheet_can_be_discarded(app: Flask, cast: Cast, client_for: Clients) -> None:
    client = client_for(cast.manager)
    page = preview(client, b"Company\nKaida Electronics\n")
    assert client.post(f"{page.request.path}/discarding").status_code == 303
    assert count(app, ImportDraft) == 0


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_the_sample_sheet_is_read_back(app: Flask, cast: Cast, client_for: Clients, language: str) -> None:
    from app.features.accounts.models import Person

    with app.app_context(), transaction() as session:
        person = session.get(Person, cast.manager)
        assert person is not None
        person.language = language
    client = client_for(cast.manager)
    answer = client.get("/suppliers/imports/sample.xlsx")
    book = openpyxl.load_workbook(BytesIO(answer.data))
    headings = [cell.value for cell in book.active[1]]
    assert len(headings) == 13
    book.active.append(
        ["Kaida", "凯达", "S-4", "CN", "P1", "1 Road", "Wuxi", "UTC", "Wang", "QA", "", "1", "en"]
    )
    buffer = BytesIO()
    book.save(buffer)
    assert confirm(client, preview(client, buffer.getvalue(), "s.xlsx")).status_code == 303
    with app.app_context(), transaction() as session:
        assert session.scalars(select(Company.other_name).where(Company.code == "S-4")).one() == "凯达"
        assert session.scalars(select(Contact.duty).where(Contact.name == "Wang")).one() == "QA"
