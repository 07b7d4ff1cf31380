"""A sheet of suppliers beside what is already there: which companies are known, which look alike."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adapters.duplicates import Alike, Names
from app.domain.companies import normalise_company_name
from app.domain.supplier_sheet import Row, grouped
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
    says otherwise. `doubtful`: somebody should look. `retired`: there, but out of use, so it is left out.
    """

    index: int
    rows: list[Row]
    choices: list[Choice]
    usual: str
    may_be_new: bool = True
    retired: bool = False

    @property
    def name(self) -> str:
        return self.rows[0].company["name"]

    @property
    def doubtful(self) -> bool:
        return self.usual == SKIP and not self.retired

    @property
    def offered(self) -> set[str]:
        """The values that may be chosen."""
        return {SKIP, *([NEW] if self.may_be_new else []), *(choice.value for choice in self.choices)}

    def company(self) -> dict[str, str]:
        """The fields of the company: for each, the first row that says something decides."""
        fields: dict[str, str] = {}
        for row in self.rows:
            for name, value in row.company.items():
                fields[name] = fields.get(name) or value
        return fields


def compare(session: Session, rows: list[Row]) -> list[Group]:
    """The companies of a sheet, each compared with those in use and with those above it in the sheet.

    The same code, or the same name without legal form, is the same company: its rows are added to it. Alike
    only, or of that name under another code: skipped unless somebody chooses. Retired: left out.
    """
    stored = Stored(session)
    groups = grouped(rows)
    here = Names(
        (f"group:{index}", group[0].company["name"], group[0].company["other_name"])
        for index, group in enumerate(groups)
    )
    return [_judge(index, group, stored, here) for index, group in enumerate(groups)]


def fingerprint(session: Session) -> str:
    """Changes whenever a company is added, edited, retired or restored."""
    digest = hashlib.sha256()
    rows = session.execute(select(Company.id, Company.record_version).order_by(Company.id))
    for company_id, version in rows:
        digest.update(company_id.bytes + version.to_bytes(4))
    return digest.hexdigest()


class Stored:
    """The companies that are there, by code and by name."""

    def __init__(self, session: Session) -> None:
        columns = (Company.id, Company.name, Company.other_name, Company.code, Company.retired_at)
        rows = list(session.execute(select(*columns).order_by(Company.id)))
        self.used = Names((f"id:{key}", name, other) for key, name, other, _, gone in rows if gone is None)
        self.codes = {f"id:{key}": code for key, _, _, code, gone in rows if gone is None}
        self.by_code = {code.casefold(): key for key, code in self.codes.items() if code}
        gone = [(name, other, code) for _, name, other, code, retired_at in rows if retired_at is not None]
        self.retired_codes = {code.casefold() for _, _, code in gone if code}
        self.retired_names = {normalise_company_name(text) for row in gone for text in row[:2] if text}

    def same(self, name: str, code: str, alike: list[Alike]) -> str | None:
        """The one company this is: of the same code, or of the same name where no other code contradicts."""
        if code and code.casefold() in self.by_code:
            return self.by_code[code.casefold()]
        wanted = normalise_company_name(name)
        equal = [
            one.key
            for one in alike
            if wanted in (normalise_company_name(text) for text in (one.name, one.other_name) if text)
        ]
        return equal[0] if len(equal) == 1 and not (code and self.codes[equal[0]]) else None

    def retired(self, name: str, code: str) -> bool:
        """Whether it is there, but out of use."""
        return code.casefold() in self.retired_codes or normalise_company_name(name) in self.retired_names


def _judge(index: int, rows: list[Row], stored: Stored, here: Names) -> Group:
    first = rows[0].company
    code = next((row.company["code"] for row in rows if row.company["code"]), "")
    alike = stored.used.like(first["name"], first["other_name"])
    same = stored.same(first["name"], code, alike)
    if same is None and stored.retired(first["name"], code):
        return Group(index, rows, [], SKIP, may_be_new=False, retired=True)
    if same is not None and all(one.key != same for one in alike):
        alike = [stored.used.named(same), *alike]
    above = [
        one for one in here.like(first["name"], first["other_name"]) if int(one.key.partition(":")[2]) < index
    ]
    choices = [Choice(one.key, one.name, one.other_name) for one in (*alike, *above)]
    usual = same or (SKIP if choices else NEW)
    return Group(index, rows, choices, usual, may_be_new=code.casefold() not in stored.by_code)
