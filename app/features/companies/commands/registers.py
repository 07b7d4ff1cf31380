"""Parts, lots and defect codes: added, changed, retired, brought in from a sheet. Nothing here commits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import journal
from app.db import new_id
from app.domain.errors import Invalid, NotAllowed
from app.domain.parties import tidy
from app.domain.permissions import Act, Actor, Scope, may
from app.features.companies.commands import in_use, managed
from app.features.companies.library import starter_codes
from app.features.companies.models import DefectCode, Lot, Part
from app.features.companies.queries import registers as queries
from app.features.companies.queries.registers import SheetRow

NUMBER_AT_MOST, CODE_AT_MOST, NAME_AT_MOST, AREA_AT_MOST = 60, 20, 200, 40


@dataclass
class Brought:
    """What a sheet brought: how many new, how many known (their names brought up to date), and rows left
    out.
    """

    added: int = 0
    known: int = 0
    faulty: list[tuple[int, str]] = field(default_factory=list)  # row in the sheet, code of the refusal


def add_part(
    session: Session, actor: Actor, company_id: UUID, number: str, name: Mapping[str, str], now: datetime
) -> Part:
    """A part of a supplier. Raises Invalid with its field; "register_taken" for a number that is there."""
    in_use(managed(session, actor, company_id))
    return _part(session, actor, company_id, number, name, now)


def rename_part(
    session: Session,
    actor: Actor,
    company_id: UUID,
    part_id: UUID,
    version: int | None,
    name: Mapping[str, str],
    now: datetime,
) -> Part:
    """Changes the name; the number is what records hold on to."""
    managed(session, actor, company_id)
    part = queries.part_of(session, company_id, part_id, lock=True)
    part.expect(version)
    part.name = _words(name)
    journal.write(session, "part.changed", ("part", part.id), now, actor.id)
    return part


def retire_part(
    session: Session, actor: Actor, company_id: UUID, part_id: UUID, retire: bool, now: datetime
) -> Part:
    """Out of use, or back; cases keep it."""
    managed(session, actor, company_id)
    part = queries.part_of(session, company_id, part_id, lock=True)
    if (part.retired_at is None) == retire:
        part.retired_at = now if retire else None
        act = "part.retired" if retire else "part.restored"
        journal.write(session, act, ("part", part.id), now, actor.id)
    return part


def add_lot(
    session: Session,
    actor: Actor,
    company_id: UUID,
    part_id: UUID,
    number: str,
    made_on: date | None,
    quantity: int | None,
    now: datetime,
) -> Lot:
    """A lot of a part. Raises Invalid("register_taken") for a number that is there."""
    managed(session, actor, company_id)
    part = queries.part_of(session, company_id, part_id)
    number = _number(number, "number")
    if _lot(session, part.id, number) is not None:
        raise Invalid("register_taken", field="number")
    return _new_lot(session, part.id, number, made_on, quantity, now)


def lot_named(session: Session, part_id: UUID | None, number: str | None, now: datetime) -> UUID | None:
    """The lot of this number, made when it is new: whoever finds a defect knows its lot before the
    register.
    """
    if part_id is None or not tidy(number or ""):
        return None
    wanted = _number(number or "", "lot")
    found = _lot(session, part_id, wanted)
    return (found or _new_lot(session, part_id, wanted, None, None, now)).id


def add_code(
    session: Session, actor: Actor, code: str, area: str, name: Mapping[str, str], now: datetime
) -> DefectCode:
    """A defect code. Raises NotAllowed, Invalid with its field."""
    _may_codes(actor)
    return _code(session, actor, code, area, name, now)


def change_code(
    session: Session,
    actor: Actor,
    code_id: UUID,
    version: int | None,
    area: str,
    name: Mapping[str, str],
    now: datetime,
) -> DefectCode:
    """Changes words and area; the code is what records hold on to."""
    _may_codes(actor)
    row = queries.code_of(session, code_id, lock=True)
    row.expect(version)
    row.name, row.area = _words(name, needed=True), tidy(area)[:AREA_AT_MOST]
    journal.write(session, "defect_code.changed", ("defect_code", row.id), now, actor.id)
    return row


def retire_code(session: Session, actor: Actor, code_id: UUID, retire: bool, now: datetime) -> DefectCode:
    _may_codes(actor)
    row = queries.code_of(session, code_id, lock=True)
    if (row.retired_at is None) == retire:
        row.retired_at = now if retire else None
        act = "defect_code.retired" if retire else "defect_code.restored"
        journal.write(session, act, ("defect_code", row.id), now, actor.id)
    return row


def load_starter_codes(session: Session, actor: Actor, now: datetime) -> int:
    """Adds the starter catalogue; codes that are there stay as they are. How many are new."""
    _may_codes(actor)
    known = {code.code.casefold() for code in queries.all_codes(session)}
    fresh = [each for each in starter_codes() if each[0].casefold() not in known]
    for code, area, name in fresh:
        _code(session, actor, code, area, name, now)
    return len(fresh)


def bring_parts(
    session: Session, actor: Actor, company_id: UUID, rows: Iterable[SheetRow], now: datetime
) -> Brought:
    """The parts of a sheet; the same number again brings its name up to date."""
    in_use(managed(session, actor, company_id))
    known = {part.number.casefold(): part for part in queries.parts_of(session, company_id, retired=True)}
    brought = Brought()
    for row in rows:
        try:
            name = _sheet_words(row)
            part = known.get(_number(row.cells["number"], "number").casefold())
            if part is not None:
                part.name = {**part.name, **_words(name)}
                brought.known += 1
                continue
            part = _part(session, actor, company_id, row.cells["number"], name, now)
            known[part.number.casefold()] = part
            brought.added += 1
        except Invalid as error:
            brought.faulty.append((row.number, error.code))
    return brought


def bring_lots(
    session: Session, actor: Actor, company_id: UUID, rows: Iterable[SheetRow], now: datetime
) -> Brought:
    """The lots of a sheet; their parts must be there."""
    managed(session, actor, company_id)
    parts = {part.number.casefold(): part for part in queries.parts_of(session, company_id)}
    brought = Brought()
    for row in rows:
        try:
            part = parts.get(tidy(row.cells["part"]).casefold())
            if part is None:
                raise Invalid("part_unknown")
            number = _number(row.cells["lot"], "lot")
            if _lot(session, part.id, number) is not None:
                brought.known += 1
                continue
            _new_lot(session, part.id, number, _day(row.cells["made_on"]), _count(row.cells["quantity"]), now)
            brought.added += 1
        except Invalid as error:
            brought.faulty.append((row.number, error.code))
    return brought


def bring_codes(session: Session, actor: Actor, rows: Iterable[SheetRow], now: datetime) -> Brought:
    """The defect codes of a sheet; the same code again brings its words up to date."""
    _may_codes(actor)
    known = {code.code.casefold(): code for code in queries.all_codes(session)}
    brought = Brought()
    for row in rows:
        try:
            code = known.get(tidy(row.cells["code"]).casefold())
            if code is not None:
                code.name = {**code.name, **_words(_sheet_words(row))}
                brought.known += 1
                continue
            code = _code(session, actor, row.cells["code"], row.cells["area"], _sheet_words(row), now)
            known[code.code.casefold()] = code
            brought.added += 1
        except Invalid as error:
            brought.faulty.append((row.number, error.code))
    return brought


def _part(
    session: Session, actor: Actor, company_id: UUID, number: str, name: Mapping[str, str], now: datetime
) -> Part:
    number = _number(number, "number")
    taken = select(Part.id).where(Part.company_id == company_id, Part.number == number)
    if session.scalar(taken) is not None:
        raise Invalid("register_taken", field="number")
    part = Part(id=new_id(), company_id=company_id, number=number, name=_words(name), created_at=now)
    session.add(part)
    session.flush()
    journal.write(session, "part.created", ("part", part.id), now, actor.id)
    return part


def _code(
    session: Session, actor: Actor, code: str, area: str, name: Mapping[str, str], now: datetime
) -> DefectCode:
    code = tidy(code)
    if not code:
        raise Invalid("required", field="code")
    if len(code) > CODE_AT_MOST:
        raise Invalid("too_long", field="code")
    if session.scalar(select(DefectCode.id).where(DefectCode.code == code)) is not None:
        raise Invalid("register_taken", field="code")
    words = _words(name, needed=True)
    row = DefectCode(id=new_id(), code=code, area=tidy(area)[:AREA_AT_MOST], name=words, created_at=now)
    session.add(row)
    session.flush()
    journal.write(session, "defect_code.created", ("defect_code", row.id), now, actor.id)
    return row


def _new_lot(
    session: Session, part_id: UUID, number: str, made_on: date | None, quantity: int | None, now: datetime
) -> Lot:
    lot = Lot(id=new_id(), part_id=part_id, number=number, made_on=made_on, quantity=quantity, created_at=now)
    session.add(lot)
    session.flush()
    return lot


def _lot(session: Session, part_id: UUID, number: str) -> Lot | None:
    return session.scalars(select(Lot).where(Lot.part_id == part_id, Lot.number == number)).first()


def _number(text: str, name: str) -> str:
    number = tidy(text)
    if not number:
        raise Invalid("required", field=name)
    if len(number) > NUMBER_AT_MOST:
        raise Invalid("too_long", field=name)
    return number


def _words(name: Mapping[str, str], needed: bool = False) -> dict[str, str]:
    """What was said in each language, tidied. Raises Invalid("required") when something must be said."""
    said = {language: tidy(text)[:NAME_AT_MOST] for language, text in name.items() if tidy(text or "")}
    if needed and not said:
        raise Invalid("required", field="name_en")
    return said


def _sheet_words(row: SheetRow) -> dict[str, str]:
    names = {"en": row.cells["en"], "zh-Hans": row.cells["zh_hans"], "zh-Hant": row.cells["zh_hant"]}
    return {language: text for language, text in names.items() if text}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        raise Invalid("not_a_date") from None


def _count(text: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise Invalid("quantity_wrong")
    return int(text)


def _may_codes(actor: Actor) -> None:
    if not may(actor, Act.MANAGE_DEFECT_CODES, Scope()):
        raise NotAllowed()
