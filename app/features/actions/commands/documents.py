"""Documents on a case: checked by content, kept as they came, never opened here."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.db import new_id
from app.domain.actions import Step
from app.domain.errors import Invalid
from app.domain.parties import tidy
from app.features.actions import queries
from app.features.actions.commands import Hand, note
from app.features.actions.models import Action, ActionFile

FILES_AT_MOST = 20  # of one step
NAME_AT_MOST = 120


def add_file(
    session: Session,
    action: Action,
    step: Step | None,
    name: str,
    kind: str,
    size: int,
    sha256: str,
    hand: Hand,
    now: datetime,
) -> ActionFile:
    """A document that was checked and kept. Raises Invalid: action_closed, files_too_many."""
    if queries.circle_of(action).ended:
        raise Invalid("action_closed")
    there = [one for one in action.files if (one.revision, one.step) == (action.revision, step)]
    same = [one for one in there if one.sha256 == sha256]
    if same:
        return same[0]
    if len(there) >= FILES_AT_MOST:
        raise Invalid("files_too_many", field="files")
    row = ActionFile(
        id=new_id(),
        action_id=action.id,
        revision=action.revision,
        step=step.value if step else None,
        name=safe_name(name, kind),
        kind=kind,
        size=size,
        sha256=sha256,
        added_at=now,
        person_id=hand.person_id,
        link_id=hand.link_id,
    )
    action.files.append(row)
    session.flush()
    told = {"sha256": sha256, "name": row.name, "size": size}
    note(session, action, "file", hand, now, step, told)
    return row


def safe_name(name: str, kind: str) -> str:
    """The last part of a path, in one line, ending in its kind."""
    stem = tidy(name.replace("\\", "/").rpartition("/")[2]).rpartition(".")[0].strip(". ")
    return f"{stem[: NAME_AT_MOST - len(kind) - 1] or 'file'}.{kind}"
