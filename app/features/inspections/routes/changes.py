"""Changing a plan, as nouns: assignment, postponement, coverage, plan, cancellation (DESIGN §3 rule 3).

And what is decided at the end: approval, return, revision.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.adapters import clock
from app.db import reading, transaction
from app.domain.errors import Invalid, NotAllowed, Stale
from app.domain.permissions import Act
from app.features.inspections import commands
from app.features.inspections.queries import page
from app.features.inspections.routes import Answer, bp
from app.features.inspections.routes.showing import one_more, prepared, show
from app.web.identity import actor, needs

Carry = Callable[[Session, Any, int], None]
# tool → the state it is for, and what to say in another
DECISIONS = {
    "approval": ("in_review", "not_in_review"),
    "return": ("in_review", "not_in_review"),
    "revision": ("completed", "not_completed"),
}


@bp.post("/inspections/<uuid:inspection_id>/assignment")
@needs(Act.CHANGE_PLAN)
def assign(inspection_id: UUID) -> Answer:
    def carry(session: Session, form: Any, seq: int) -> None:
        commands.reassign(session, actor(), inspection_id, seq, form.team(), clock.now())

    return _change(inspection_id, "assignment", carry, _("The team is changed. New members get a mail."))


@bp.post("/inspections/<uuid:inspection_id>/postponement")
@needs(Act.CHANGE_PLAN)
def postpone(inspection_id: UUID) -> Answer:
    def carry(session: Session, form: Any, seq: int) -> None:
        due = date.fromisoformat(form.due.data)
        commands.postpone(session, actor(), inspection_id, seq, due, form.reason.data, clock.now())

    return _change(inspection_id, "postponement", carry, _("The due date is changed. The team gets a mail."))


@bp.post("/inspections/<uuid:inspection_id>/coverage")
@needs(Act.SET_SECTION_SCOPE)
def cover(inspection_id: UUID) -> Answer:
    def carry(session: Session, form: Any, seq: int) -> None:
        reason = form.reason.data if form.covered.data == "out" else None
        commands.set_coverage(session, actor(), inspection_id, seq, form.section.data, reason, clock.now())

    return _change(inspection_id, "coverage", carry, _("What is covered is changed."))


@bp.post("/inspections/<uuid:inspection_id>/plan")
@needs(Act.CHANGE_PLAN)
def rewrite(inspection_id: UUID) -> Answer:
    def carry(session: Session, form: Any, seq: int) -> None:
        commands.rewrite(session, actor(), inspection_id, seq, form.texts(), clock.now())

    return _change(inspection_id, "plan", carry, _("The plan is changed."))


@bp.post("/inspections/<uuid:inspection_id>/cancellation")
@needs(Act.CANCEL_INSPECTION)
def cancel(inspection_id: UUID) -> Answer:
    def carry(session: Session, form: Any, seq: int) -> None:
        commands.cancel(session, actor(), inspection_id, seq, form.reason.data, clock.now())

    return _change(
        inspection_id, "cancellation", carry, _("The inspection is cancelled. The team gets a mail.")
    )


@bp.post("/inspections/<uuid:inspection_id>/approval")
@needs(Act.APPROVE_INSPECTION)
def approve(inspection_id: UUID) -> Answer:
    def carry(session: Session, form: Any, seq: int) -> None:
        commands.approve(session, actor(), inspection_id, seq, clock.now())

    return _change(inspection_id, "approval", carry, _("The inspection is issued."))


@bp.post("/inspections/<uuid:inspection_id>/return")
@needs(Act.APPROVE_INSPECTION)
def send_back(inspection_id: UUID) -> Answer:
    if "add" in request.form:
        shown = page.load(reading(), actor(), inspection_id, clock.now())
        if page.tools(actor(), shown)["return"]:
            form = prepared("return", shown, sent=True)
            return show(shown, "return", one_more(form, shown))

    def carry(session: Session, form: Any, seq: int) -> None:
        said = form.said()
        commands.send_back(session, actor(), inspection_id, seq, form.reason.data, said, clock.now())

    return _change(
        inspection_id, "return", carry, _("The inspection is returned to its team, who get a mail.")
    )


@bp.post("/inspections/<uuid:inspection_id>/revision")
@needs(Act.REVISE_INSPECTION)
def revise(inspection_id: UUID) -> Answer:
    def carry(session: Session, form: Any, seq: int) -> None:
        commands.revise(session, actor(), inspection_id, seq, form.reason.data, clock.now())

    return _change(
        inspection_id,
        "revision",
        carry,
        _("A new revision is begun, and its team gets a mail. What was issued stays as it is."),
    )


@bp.post("/inspections/<uuid:inspection_id>/late-work")
@needs(Act.REVISE_INSPECTION)
def decide_late_work(inspection_id: UUID) -> Answer:
    def carry(session: Session, form: Any, seq: int) -> None:
        amends = form.decision.data == "amend"
        commands.decide_late_work(session, actor(), inspection_id, seq, amends, form.reason.data, clock.now())

    return _change(inspection_id, "late-work", carry, _("It is decided. The phones learn of it."))


def _change(inspection_id: UUID, tool: str, carry: Carry, done: str) -> Answer:
    """Carries a change out, or gives the page back with the tool open and everything typed still in it."""
    shown = page.load(reading(), actor(), inspection_id, clock.now())
    if not page.tools(actor(), shown)[tool]:
        return _refused(shown, tool)
    form = prepared(tool, shown, sent=True)
    if not form.validate():
        return show(shown, tool, form), 422
    try:
        with transaction() as session:
            carry(session, form, form.drawn_from())
    except (Invalid, Stale) as error:
        status = form.refuse(error)
        shown = page.load(reading(), actor(), inspection_id, clock.now())
        return show(shown, tool, form, stale=status == 409), status
    flash(done)
    return redirect(url_for("inspections.one", inspection_id=inspection_id), 303)


def _refused(shown: page.Page, tool: str) -> Answer:
    """Says why this cannot be done: it is closed, it has begun, or it is not this person's to do."""
    state = shown.inspection.state
    if tool == "late-work":
        if not shown.late:
            raise Invalid("late_none")
        raise NotAllowed()
    if tool in DECISIONS:
        if state != DECISIONS[tool][0]:
            raise Invalid(DECISIONS[tool][1])
        if tool == "approval" and page.tools(actor(), shown)["return"]:
            raise NotAllowed("own_inspection")
        raise NotAllowed()
    if state in ("cancelled", "completed", "in_review"):
        raise Invalid(f"plan_closed_{state}")
    if tool == "coverage" and state != "planned" and page.tools(actor(), shown)["answer"]:
        raise Invalid("already_started")
    raise NotAllowed()
