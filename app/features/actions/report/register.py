"""A register: several cases in one sealed file, a summary first, then each as it stood when it was asked for.

It is a record of its own (ActionRegister), never made again of the cases of today; who may not read all of
its cases may not read it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from app.domain.canonical import canonical, digest
from app.domain.permissions import Actor
from app.features.actions import queries, words
from app.features.actions.models import Action, ActionRegister, ActionRegisterCase
from app.features.actions.queries import page
from app.features.actions.queries.listing import line_of
from app.features.actions.report import context_of, in_language
from app.features.evidence.queries import kept_among
from app.features.reports.report import Attachment, Content, Listed

REGISTER = "register"
LISTED_AT_MOST = 120  # characters of the line in the list of reports


class Registers:
    """ReportKind of registers; they have one revision."""

    name = REGISTER

    def drafted(
        self, session: Session, actions: Sequence[Action], number: str, language: str, now: datetime
    ) -> dict[str, Any]:
        """What a register of these cases says at this moment: {title, context, photos}."""
        organisation = current_app.config["PLUMBLINE"].organisation
        with in_language(language):
            return {
                "title": _("Register of actions"),
                "context": {
                    "language": language,
                    "organisation": organisation,
                    "kind": _("Register of actions"),
                    "number": number,
                    "lines": [_line(action, now) for action in actions],
                    "cases": [_case(session, action, language, organisation, now) for action in actions],
                },
                "photos": list(dict.fromkeys(one.sha256 for action in actions for one in action.pictures)),
            }

    def listed(self, session: Session, record_id: UUID, revision: int) -> Listed:
        register = session.get_one(ActionRegister, record_id)
        said = json.loads(register.body)["en"]
        lines = said["context"]["lines"]
        companies = list(dict.fromkeys(line["company"] for line in lines if line["company"]))
        ids = set(session.scalars(_cases(record_id, Action.company_id)))
        return Listed(
            number=register.number,
            title=said["title"],
            company_id=next(iter(ids)) if len(ids) == 1 else None,
            company=_short(companies),
            subject=_short([line["number"] for line in lines]),
            grade=None,
            date=register.at,
        )

    def missing_photos(self, session: Session, record_id: UUID, revision: int) -> list[str]:
        wanted = json.loads(session.get_one(ActionRegister, record_id).body)["en"]["photos"]
        held = kept_among(session, wanted)
        return [sha256 for sha256 in wanted if sha256 not in held]

    def collect(self, session: Session, record_id: UUID, revision: int, language: str) -> Content:
        register = session.get_one(ActionRegister, record_id)
        said = json.loads(register.body)[language]
        data = canonical(said["context"])
        return Content(
            template="register.html",
            style="8d",
            context={"context": said["context"]},
            title=f"{said['title']} {register.number}",
            subject=_short([line["number"] for line in said["context"]["lines"]]),
            language=language,
            digest=digest(data),
            photos=said["photos"],
            attachments=[
                Attachment("register.json", "application/json", data, "Data", said["title"], register.at)
            ],
        )

    def visible_to(self, session: Session, actor: Actor, ids: Iterable[UUID]) -> set[UUID]:
        return set(session.scalars(self.readable(actor).where(ActionRegister.id.in_(list(ids)))))

    def readable(self, actor: Actor) -> Select[UUID]:
        """The ids of all registers of which the actor may read every case, as a query."""
        seen = select(Action.id).where(queries.visible(actor))
        hidden = exists().where(
            ActionRegisterCase.register_id == ActionRegister.id, ActionRegisterCase.action_id.not_in(seen)
        )
        return select(ActionRegister.id).where(~hidden)


def _cases(register_id: UUID, column: Any) -> Select[Any]:
    return (
        select(column)
        .join(ActionRegisterCase, ActionRegisterCase.action_id == Action.id)
        .where(ActionRegisterCase.register_id == register_id)
    )


def _line(action: Action, now: datetime) -> dict[str, Any]:
    line = line_of(action, now)
    return {
        "number": action.number,
        "title": action.title,
        "text_language": action.language,
        "company": action.company.name if action.company else "",
        "severity": str(words.SEVERITIES[action.severity]),
        "state": str(words.PHASES[action.phase][2]),
        "step": str(words.STEPS[action.step]) if action.step else "",
        "owner": action.owner.name,
        "due": line.due.isoformat() if line.due else "",
        "late": line.late,
        "revision": action.revision,
    }


def _case(
    session: Session, action: Action, language: str, organisation: str, now: datetime
) -> dict[str, Any]:
    story = page.load(session, action, now)
    context = context_of(story, action.revision, language, organisation)
    context["before"] = [
        context_of(story, number, language, organisation) for number in range(1, action.revision)
    ]
    return {**context, "signed": []}  # a register gathers; what was signed stands in the case's own report


def _short(names: Sequence[str]) -> str:
    """Names one after the other, as many as a line of a list holds."""
    told = ", ".join(names)
    return told if len(told) <= LISTED_AT_MOST else told[: LISTED_AT_MOST - 1] + "…"
