"""Parts, lots and defect codes: by hand and from sheets."""

from __future__ import annotations

import io

from sqlalchemy import select

from app.adapters.sheets_writing import xlsx_bytes
from app.db import reading
from app.features.companies.library import starter_codes
from app.features.companies.models import DefectCode, Lot, Part


def sheet(header, *rows):
    return {"sheet": (io.BytesIO(xlsx_bytes("Sheet", header, rows)), "register.xlsx")}


def bring(client, address, header, *rows):
    return client.post(address, sheet(header, *rows), content_type="multipart/form-data")


def all_of(app, kind):
    with app.app_context():
        found = reading().scalars(select(kind)).all()
        reading().expunge_all()
        return found


def test_parts_by_hand_and_from_a_sheet(app, cast, client_for):
    manager, address = client_for(cast.manager), f"/suppliers/{cast.supplier}/parts"
    assert manager.get(address).status_code == 200
    assert manager.post(address, {"number": "4410-A", "name_en": "Shaft"}).status_code == 303
    twice = manager.post(address, {"number": "4410-A"})
    assert twice.status_code == 422 and "in the register already" in twice.get_data(as_text=True)
    assert manager.post(address, {"number": " "}).status_code == 422
    rows = (("4410-A", "Shaft, hardened", "传动轴"), ("4412-C", "", ""), ("", "nameless", ""))
    page = bring(manager, f"{address}/sheet", ["零件号", "Name", "名称"], *rows)
    text = page.get_data(as_text=True)
    assert page.status_code == 200 and "Added: 1." in text and "There already: 1." in text and "Row 4" in text
    parts = {part.number: part for part in all_of(app, Part)}
    assert parts["4410-A"].name == {"en": "Shaft, hardened", "zh-Hans": "传动轴"} and "4412-C" in parts
    assert bring(manager, f"{address}/sheet", ["Colour"], ("red",)).status_code == 422
    assert manager.post(f"{address}/sheet", {}).status_code == 422


def test_lots_belong_to_a_part(app, cast, client_for):
    manager, address = client_for(cast.manager), f"/suppliers/{cast.supplier}/parts"
    manager.post(address, {"number": "4410-A"})
    part = all_of(app, Part)[0]
    page = f"{address}/{part.id}"
    assert manager.post(f"{page}/lots", {"number": "2511-08", "quantity": "400"}).status_code == 303
    assert manager.post(f"{page}/lots", {"number": "2511-08"}).status_code == 422
    rows = (
        ("4410-A", "2511-31", "2026-11-24", "420"),
        ("9999", "1", "", ""),
        ("4410-A", "2511-32", "soon", ""),
    )
    header = ["Part number", "Lot", "Made on", "Quantity"]
    text = bring(manager, f"{address}/lots/sheet", header, *rows).get_data(as_text=True)
    assert "Added: 1." in text and "Row 3" in text and "Row 4" in text
    assert {lot.number: lot.quantity for lot in all_of(app, Lot)} == {"2511-08": 400, "2511-31": 420}
    assert "2511-31" in manager.get(page).get_data(as_text=True)
    assert client_for(cast.stranger).get(page).status_code == 404
    assert (
        client_for(cast.manager).get(f"/suppliers/{cast.other_supplier}/parts/{part.id}").status_code == 404
    )


def test_a_part_is_retired_not_deleted(app, cast, client_for):
    manager, address = client_for(cast.manager), f"/suppliers/{cast.supplier}/parts"
    manager.post(address, {"number": "4410-A"})
    page = f"{address}/{all_of(app, Part)[0].id}"
    manager.post(f"{page}/retirement")
    assert all_of(app, Part)[0].retired_at is not None
    assert manager.post(page, {"name_en": "New", "record_version": "1"}).status_code == 409
    manager.post(f"{page}/retirement", {"restore": "1"})
    assert all_of(app, Part)[0].retired_at is None


def test_defect_codes_start_from_a_catalogue_in_three_languages(app, cast, client_for):
    manager = client_for(cast.manager)
    assert manager.post("/defect-codes", {"code": "S01", "name_en": "Our own scratch"}).status_code == 303
    assert manager.post("/defect-codes", {"code": "X"}).status_code == 422, "a code needs words"
    manager.post("/defect-codes/starter")
    codes = {code.code: code for code in all_of(app, DefectCode)}
    assert len(codes) == 30 and codes["S01"].name == {"en": "Our own scratch"}
    page = bring(
        manager, "/defect-codes/sheet", ["Code", "繁體中文"], ("S01", "刮傷"), ("Z9", "其他"), ("Z8", "")
    )
    text = page.get_data(as_text=True)
    assert "Added: 1." in text and "There already: 1." in text and "Row 4" in text
    merged = {code.code: code.name for code in all_of(app, DefectCode)}
    assert merged["S01"] == {"en": "Our own scratch", "zh-Hant": "刮傷"}
    auditor = client_for(cast.owner)
    assert auditor.get("/defect-codes").status_code == 200
    assert auditor.post("/defect-codes/starter").status_code in (403, 404)
    assert client_for(cast.scoped).post("/defect-codes/starter").status_code in (403, 404), (
        "the whole house's"
    )


def test_every_starter_code_speaks_three_languages():
    rows = list(starter_codes())
    assert len({code for code, _, _ in rows}) == len(rows) == 30
    for code, area, words in rows:
        assert area and set(words) == {"en", "zh-Hans", "zh-Hant"} and all(words.values()), code
