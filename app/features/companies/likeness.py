"""Companies that look like one about to be added, pointed out before there are two of it."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from app.domain.permissions import Actor
from app.features.companies import queries


class Alike(NamedTuple):
    """A company in use, and how alike its name is, 0..100."""

    company_id: UUID
    name: str
    other_name: str
    likeness: int


def similar(session: Session, actor: Actor, name: str, other_name: str = "") -> list[Alike]:
    """Companies this person may see whose names are like these, the most alike first."""
    return []
