"""Checklists to read: the list, and one version as it is asked and scored."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template, request

from app.db import reading
from app.domain.checklists import questions
from app.domain.errors import NotFound
from app.domain.permissions import Act
from app.features.checklists import queries
from app.features.checklists.forms import about_rules, kind_name
from app.web.identity import actor, needs

bp = Blueprint("checklists", __name__, url_prefix="/checklists")


@bp.get("")
@needs(Act.SEE_CHECKLISTS)
def index() -> str:
    return render_template(
        "checklists/index.html",
        checklists=queries.visible_checklists(reading(), actor()),
        questions=questions,
        kind_name=kind_name,
    )


@bp.get("/<uuid:checklist_id>")
@needs(Act.SEE_CHECKLISTS)
def page(checklist_id: UUID) -> str:
    checklist = queries.get_visible_to(reading(), actor(), checklist_id)
    number = request.args.get("version", type=int) or checklist.versions[-1].number
    version = next((version for version in checklist.versions if version.number == number), None)
    if version is None:
        raise NotFound()
    return render_template(
        "checklists/page.html",
        checklist=checklist,
        version=version,
        definition=version.definition,
        asked=questions(version.definition),
        rules=about_rules(version.definition),
        kind_name=kind_name,
    )
