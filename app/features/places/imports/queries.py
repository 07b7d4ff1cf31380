"""A sheet of suppliers beside what is already there: which companies are known, which look alike."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.companies import normalise_company_name
from app.domain.supplier_sheet import Row, grouped
from app.features.companies.likeness import Alike, Names
from app.features.companies.models import Company

SKIP, NEW = "skip", "new"


@dataclass(frozen=True)
class Choice:
    """What may be done with a company of the sheet: skip it, add it as new, or add its rows to another."""

    value: str
    name: str = ""
    other_name: str = ""


@dataclass(frozen=True)
class Group:
    """One company of the sheet with its rows, what it may be the same as, and what happens unless somebody
    says otherwise. `doubtful`: somebody should look.
    """

    index: int
    rows: list[Row]
    choices: list[Choice]
    usual: str
    doubtful: bool

    @property
    def name(self) -> str:
        return self.rows[0].company["name"]


def compare(session: Session, rows: list[Row]) -> list[Group]:
    """The companies of a sheet, each compared with those in use and with those above it in the sheet.

    The same code, or the same name without legal form, is the same company: its rows are added to it. Alike
    only, or of that name under another code: skipped unless somebody chooses.
    """
    known = list(
        session.execute(
            select(Company.id, Company.name, Company.other_name, Company.code)
            .where(Company.retired_at.is_(None))
            .order_by(Company.id)
        )
    )
    by_code = {code.casefold(): company_id for company_id, _, _, code in known if code}
    codes = {company_id: code for company_id, _, _, code in known}
    stored = Names([(f"id:{company_id}", name, other) for company_id, name, other, _ in known])
    groups = grouped(rows)
    here = Names(
        [
            (f"group:{index}", group[0].company["name"], group[0].company["other_name"])
            for index, group in enumerate(groups)
        ]
    )
    return [_judge(index, group, stored, here, by_code, codes) for index, group in enumerate(groups)]


def fingerprint(session: Session) -> str:
    """Changes whenever a company is added, edited, retired or restored."""
    digest = hashlib.sha256()
    rows = session.execute(select(Company.id, Company.record_version).order_by(Company.id))
    for company_id, version in rows:
        digest.update(company_id.bytes + version.to_bytes(4))
    return digest.hexdigest()


def _judge(
    index: int,
    rows: list[Row],
    stored: Names,
    here: Names,
    by_code: dict[str, UUID],
    codes: dict[UUID, str | None],
) -> Group:
    first = rows[0].company
    code = next((row.company["code"] for row in rows if row.company["code"]), "")
    alike = stored.like(first["name"], first["other_name"])
    above = [
        one for one in here.like(first["name"], first["other_name"]) if int(one.key.partition(":")[2]) < index
    ]
    same = _same(first["name"], code, alike, by_code, codes)
    if same is not None and all(one.key != same for one in alike):
        alike = [stored.named(same), *alike]
    choices = [Choice(one.key, one.name, one.other_name) for one in (*alike, *above)]
    if same is not None:
        return Group(index, rows, choices, same, False)
    return Group(index, rows, choices, SKIP if choices else NEW, bool(choices))


def _same(
    name: str, code: str, alike: list[Alike], by_code: dict[str, UUID], codes: dict[UUID, str | None]
) -> str | None:
    if code and code.casefold() in by_code:
        return f"id:{by_code[code.casefold()]}"
    wanted = normalise_company_name(name)
    equal = [
        one.key
        for one in alike
        if wanted in (normalise_company_name(one.name), normalise_company_name(one.other_name or one.name))
    ]
    if len(equal) == 1 and not (code and codes[UUID(equal[0].partition(":")[2])]):
        return equal[0]
    return None
