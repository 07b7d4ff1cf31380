"""Rows of a supplier sheet: what they say, why they are left out, which belong together."""

from __future__ import annotations

import json

from app.domain.supplier_columns import ALIASES, HEADINGS
from app.domain.supplier_sheet import Row, grouped, read_rows, unreadable

FIELDS = list(HEADINGS)
COLUMNS = {name: index for index, name in enumerate(FIELDS)}
TITLES = [HEADINGS[name]["en"] for name in FIELDS]
COUNTRIES = {"china": "CN", "中国": "CN"}


def row(number: int = 2, **cells: str) -> Row:
    (read,) = read_rows(
        [(number, [cells.get(name, "") for name in FIELDS])], COLUMNS, TITLES, "Asia/Shanghai", COUNTRIES
    )
    return read


def test_a_whole_row() -> None:
    read = row(
        name="恒达精密",
        other_name="Hengda",
        code="S-1",
        country="中国",
        site_name="二厂",
        city="苏州",
        address="星湖街18号",
        contact_name="王建国",
        email="wang@example.com",
        language="简体中文",
    )
    assert read.faults == []
    assert read.company == {"name": "恒达精密", "other_name": "Hengda", "code": "S-1", "country": "CN"}
    assert read.site == {
        "site_name": "二厂",
        "address": "星湖街18号",
        "city": "苏州",
        "time_zone": "Asia/Shanghai",
        "country": "CN",
    }
    assert read.contact is not None
    assert read.contact["language"] == "zh-Hans"


def test_a_company_alone_has_neither_site_nor_contact() -> None:
    read = row(name="Kaida", country="cn")
    assert (read.site, read.contact, read.company["country"]) == (None, None, "CN")


def test_a_site_without_a_name_goes_by_its_city() -> None:
    assert (row(name="Kaida", city="Wuxi").site or {})["site_name"] == "Wuxi"
    assert (row(name="Kaida", address="1 Road").site or {})["site_name"] == "Kaida"


def test_every_fault_names_its_column() -> None:
    read = row(7, email="nobody", country="Atlantis", time_zone="Mars", language="Klingon", duty="d" * 121)
    assert read.number == 7
    assert {(fault.code, fault.heading) for fault in read.faults} == {
        ("required", "Company name"),
        ("not_a_country", "Country"),
        ("not_a_time_zone", "Time zone"),
        ("required", "Contact name"),
        ("not_an_email", "E-mail"),
        ("too_long", "Position"),
        ("not_a_language", "Language"),
    }
    assert {fault.column for fault in read.faults} == {"A", "D", "H", "I", "J", "K", "M"}
    assert unreadable(9, "sheet_row_unreadable", 27, TITLES).faults[0].column == "AB"


def test_rows_survive_being_kept_as_json() -> None:
    for read in (
        row(name="Kaida", city="Wuxi"),
        row(email="x"),
        unreadable(3, "sheet_row_unreadable", None, []),
    ):
        assert Row.of(json.loads(json.dumps(read.plain()))) == read


def test_rows_of_one_company_stand_together() -> None:
    rows = [
        row(2, name="Hengda Precision Co., Ltd.", city="Suzhou"),
        row(3, name="Kaida", code="S-2"),
        row(4, name="HENGDA PRECISION", code="S-1", city="Kunshan"),
        row(5, name="Kaida", code="S-3"),
        row(6, name="Other name of the first", code="s-1"),
        row(7, name="", code="S-1"),
        row(8, name="Kaida"),
    ]
    assert [[one.number for one in group] for group in grouped(rows)] == [[2, 4, 6], [3, 8], [5]]


def test_no_heading_means_two_things() -> None:
    meant = [(name.casefold(), field) for field, names in ALIASES.items() for name in set(names)]
    assert len({name for name, _ in meant}) == len(meant)
