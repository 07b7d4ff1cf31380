"""Parts, lots and defect codes as they are looked up; and the sheets they come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from app.adapters.columns import match_columns
from app.adapters.sheets import SheetRoom
from app.domain.errors import Invalid, NotFound
from app.features.companies.models import DefectCode, Lot, Part

LARGEST_FILE = 5 << 20
NAMES = {
    "en": ("Name", "English", "Name (English)"),
    "zh_hans": ("名称", "简体中文", "名称（简体）"),
    "zh_hant": ("名稱", "繁體中文", "名稱（繁體）"),
}
PART_COLUMNS: Mapping[str, Sequence[str]] = {
    "number": ("Part number", "Part", "Number", "零件号", "料号", "零件號", "料號", "品番"),
    **NAMES,
}
LOT_COLUMNS: Mapping[str, Sequence[str]] = {
    "part": ("Part number", "Part", "零件号", "料号", "零件號", "料號"),
    "lot": ("Lot", "Lot number", "Batch", "批次", "批号", "批號"),
    "made_on": ("Made on", "Production date", "生产日期", "生產日期"),
    "quantity": ("Quantity", "数量", "數量"),
}
CODE_COLUMNS: Mapping[str, Sequence[str]] = {
    "code": ("Code", "Defect code", "代码", "缺陷代码", "代碼", "缺失代碼"),
    "area": ("Area", "类别", "類別"),
    **NAMES,
}


@dataclass(frozen=True)
class SheetRow:
    """A row of an uploaded register: its number in the sheet and its cells by field."""

    number: int
    cells: dict[str, str]


def parts_of(session: Session, company_id: UUID, retired: bool = False) -> list[Part]:
    """The parts of a company, by number; those in use unless `retired` asks for all."""
    query = select(Part).where(Part.company_id == company_id)
    if not retired:
        query = query.where(Part.retired_at.is_(None))
    return list(session.scalars(query.order_by(Part.number)))


def part_of(session: Session, company_id: UUID, part_id: UUID, lock: bool = False) -> Part:
    """One part of a company the reader was shown already. Raises NotFound."""
    part = session.get(Part, part_id, with_for_update=True if lock else None)
    if part is None or part.company_id != company_id:
        raise NotFound()
    return part


def lots_of(session: Session, part_id: UUID, limit: int = 200) -> list[Lot]:
    """The newest lots of a part."""
    return list(
        session.scalars(
            select(Lot).where(Lot.part_id == part_id).order_by(Lot.created_at.desc(), Lot.number).limit(limit)
        )
    )


def lot_counts(session: Session, company_id: UUID) -> dict[UUID, int]:
    rows = session.execute(
        select(Lot.part_id, func.count())
        .join(Part, Part.id == Lot.part_id)
        .where(Part.company_id == company_id)
        .group_by(Lot.part_id)
    )
    return {part_id: int(count) for part_id, count in rows}


def codes_in_use(session: Session) -> list[DefectCode]:
    return list(
        session.scalars(select(DefectCode).where(DefectCode.retired_at.is_(None)).order_by(DefectCode.code))
    )


def all_codes(session: Session) -> list[DefectCode]:
    query = select(DefectCode).order_by(DefectCode.retired_at.is_not(None), DefectCode.code)
    return list(session.scalars(query))


def code_of(session: Session, code_id: UUID, lock: bool = False) -> DefectCode:
    """Raises NotFound."""
    code = session.get(DefectCode, code_id, with_for_update=True if lock else None)
    if code is None:
        raise NotFound()
    return code


def read_sheet(upload: FileStorage, columns: Mapping[str, Sequence[str]], needed: str) -> list[SheetRow]:
    """The rows of an uploaded sheet that has the `needed` column. Raises Invalid (field sheet)."""
    with TemporaryDirectory(prefix="plumbline-sheet-") as folder:
        path = Path(folder) / "sheet"
        upload.save(path)
        if path.stat().st_size > LARGEST_FILE:
            raise Invalid("sheet_too_large", field="sheet", what="bytes", limit=LARGEST_FILE)
        try:
            sheet = _room().read(path)
        except Invalid as error:
            raise Invalid(error.code, field="sheet", **error.params) from error
    matched = match_columns(sheet.header, columns)
    if needed not in matched.columns:
        raise Invalid("register_columns_missing", field="sheet")
    return [
        SheetRow(row.number, {name: matched.value(row.cells, name).strip() for name in columns})
        for row in sheet.rows
    ]


@cache
def _room() -> SheetRoom:
    return SheetRoom()
