"""The defect behind a case, on the case's page: where it is, and what its contractor disputes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.adapters import clock
from app.db import reading, transaction
from app.domain.errors import Invalid, NotFound, PlumblineError, Stale
from app.domain.permissions import Act
from app.features.actions import forms
from app.features.actions import queries as actions
from app.features.actions.commands import Hand, walking
from app.features.handovers import words
from app.features.handovers.commands import disputes as commands
from app.features.handovers.commands.repairs import contractors
from app.features.handovers.queries import disputes as queries
from app.features.handovers.queries import repairs
from app.features.handovers.routes import Answer, bp
from app.features.inspections.words import walk as walk_words
from app.features.places.queries import estates
from app.web.htmx import htmx_response, wants_fragment
from app.web.i18n import language
from app.web.identity import actor, needs
from app.web.sentences import sentence


@bp.get("/actions/<uuid:action_id>/defect")
@needs(Act.SEE_ACTIONS)
def defect(action_id: UUID) -> str:
    """A fragment of the case's page; a page of its own where no script runs. Nothing for other cases."""
    return _draw(action_id)


@bp.post("/actions/<uuid:action_id>/disputes")
@needs(Act.SEE_ACTIONS)
def dispute(action_id: UUID) -> Answer:
    """Somebody of ours writes down what the contractor says on the phone."""

    def work(session: Session) -> None:
        action = walking.held(session, actor(), action_id, Act.MANAGE_ACTION)
        reason = forms.lines(request.form, "reason")
        commands.dispute(session, action, reason, language(), Hand(person_id=actor().id), clock.now())

    return _do(action_id, work)


@bp.post("/actions/<uuid:action_id>/disputes/decision")
@needs(Act.SEE_ACTIONS)
def decide(action_id: UUID) -> Answer:
    """Kept, upheld, or given on to another contractor."""

    def work(session: Session) -> None:
        commands.decide(
            session,
            actor(),
            action_id,
            request.form.get("decision", ""),
            forms.lines(request.form, "reason"),
            language(),
            clock.now(),
            forms.as_id(request.form.get("contractor"), "contractor"),
            forms.as_day(request.form.get("due"), "due", needed=False),
        )
        flash(_("Decided. Whoever disputed is told."))

    return _do(action_id, work)


def _do(action_id: UUID, work: Any) -> Answer:
    actions.get_visible_to(reading(), actor(), action_id)
    if repairs.of_action(reading(), action_id, clock.now()) is None:
        raise NotFound()  # only what stands in a list of repairs has a page on which disputes are decided
    try:
        with transaction() as session:
            work(session)
    except (Invalid, Stale) as error:
        return _draw(action_id, error, request.form), 422 if wants_fragment() else error.status
    if wants_fragment():
        return htmx_response(redirect=f"/actions/{action_id}")
    return redirect(f"/actions/{action_id}", 303)


def _draw(
    action_id: UUID, problem: PlumblineError | None = None, typed: Mapping[str, Any] | None = None
) -> str:
    session, now = reading(), clock.now()
    action = actions.get_visible_to(session, actor(), action_id)
    repair = repairs.of_action(session, action_id, now)
    if repair is None:
        raise NotFound()
    may_decide = actions.allowed(actor(), Act.MANAGE_ACTION, action)
    said = queries.of_case(session, action_id)
    is_open = bool(said) and said[0].dispute.decided_at is None
    others = []
    if may_decide and is_open:
        estate = estates.get_visible_to(session, actor(), repair.building.estate_id)
        others = [one for one in contractors(session, actor(), estate) if one.id != action.company_id]
    return render_template(
        "handovers/_defect.html" if wants_fragment() else "handovers/defect.html",
        action=action,
        repair=repair,
        said=said,
        is_open=is_open,
        others=others,
        may_decide=may_decide,
        decisions=words.DECISIONS,
        classes=walk_words.CLASSES,
        standings=words.STANDINGS,
        problem=sentence(problem.code, **problem.params) if problem else "",
        field=str(getattr(problem, "field", None) or ""),
        typed=typed or {},
    )
