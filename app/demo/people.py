"""Who works at Nordhaven Appliances. Passwords are random and stand in one file of this installation."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from unicodedata import east_asian_width
from uuid import UUID

from sqlalchemy.orm import Session

from app.domain.permissions import Actor, Grant, Role, ScopeKind
from app.features.accounts.commands.people import add_person, give_grant, prepared, set_password
from app.features.accounts.models import Person
from app.features.accounts.queries import actor_of

SIGN_INS = "demo-sign-ins.txt"  # scripts/serve.py shows it
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that are taken for another


@dataclass(frozen=True, slots=True)
class Member:
    """`companies`: keys of suppliers.py when the grant is not over everything."""

    key: str
    name: str
    language: str
    roles: tuple[Role, ...]
    says: str
    companies: tuple[str, ...] = ()

    @property
    def email(self) -> str:
        return f"{self.key}@nordhaven.example"


MEMBERS = (
    Member("mara", "Mara Okafor", "en", (Role.ADMIN, Role.MANAGER), "admin and manager"),
    Member("lin", "Lin Yue", "zh-Hans", (Role.AUDITOR,), "auditor"),
    Member("bo", "Bo Chen", "en", (Role.AUDITOR,), "auditor"),
    Member("zhao", "Zhao Min", "zh-Hant", (Role.OFFICER,), "property officer"),
    Member("elena", "Elena Hart", "en", (Role.MANAGER,), "manager of two suppliers", ("hengda", "goldleaf")),
)


@dataclass(frozen=True, slots=True)
class SignIn:
    member: Member
    password: str
    password_hash: str


def new_sign_ins() -> list[SignIn]:
    """A random password for each, with its hash: made before the transaction, because hashing takes long."""
    made = []
    for member in MEMBERS:
        password = "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(3))
        made.append(SignIn(member, password, prepared(password, [member.name, member.email])))
    return made


def add_people(
    session: Session, sign_ins: Iterable[SignIn], time_zone: str, now: datetime
) -> dict[str, UUID]:
    """Everybody, still without a grant; ids by key."""
    people = {}
    for each in sign_ins:
        person = add_person(
            session, each.member.email, each.member.name, each.member.language, time_zone, now
        )
        set_password(session, person, each.password_hash, None, now)
        people[each.member.key] = person.id
    return people


def add_grants(
    session: Session, people: dict[str, UUID], companies: dict[str, UUID], now: datetime, keys: Iterable[str]
) -> dict[str, Actor]:
    """Gives the roles of these members and gives them back as actors, by key."""
    actors = {}
    for member in (member for member in MEMBERS if member.key in keys):
        person = session.get(Person, people[member.key])
        assert person is not None
        scopes: list[tuple[ScopeKind, UUID | None]] = [
            (ScopeKind.COMPANY, companies[key]) for key in member.companies
        ]
        for role in member.roles:
            for kind, scope in scopes or [(ScopeKind.EVERYTHING, None)]:
                give_grant(session, person, Grant(role, kind, scope), people["mara"], now)
        actors[member.key] = actor_of(session, person)
    return actors


def write_sign_ins(path: Path, sign_ins: Iterable[SignIn]) -> None:
    """The table of passwords, readable by the owner only."""
    rows = [("Name", "E-mail", "Password", "Role", "Language")]
    for each in sign_ins:
        member = each.member
        rows.append((member.name, member.email, each.password, member.says, member.language))
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
    path.unlink(missing_ok=True)  # an older one may be readable by others
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write("This is a demo. Sign in as:\n\n" + "\n".join(lines) + "\n")


def _width(text: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
