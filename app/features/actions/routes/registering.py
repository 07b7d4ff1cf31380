"""Several cases in one sealed file, from the board."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.adapters import clock
from app.config import LANGUAGES
from app.db import transaction
from app.domain.errors import Invalid
from app.domain.permissions import Act
from app.features.actions.commands import papers
from app.features.actions.report.register import REGISTER, Registers
from app.features.actions.routes import bp
from app.features.actions.routes.reading import draw_board, filters_asked
from app.web.identity import actor, needs
from app.web.sentences import sentence


@bp.post("/registers")
@needs(Act.MANAGE_ACTION)
def issue_register() -> Response | tuple[str, int]:
    """What was ticked becomes one paper, frozen now; drawn and sealed by the worker."""
    ticked = request.form.getlist("case")
    language = request.form.get("language", "")
    if language not in LANGUAGES:
        raise Invalid("not_a_language", field="language")
    try:
        with transaction() as session:
            draft = Registers().drafted
            report = papers.ask_register(
                session, actor(), _ids(ticked), REGISTER, draft, language, clock.now()
            )
            number = report.number
    except Invalid as error:
        said = sentence(error.code, **error.params)
        return draw_board(filters_asked("all"), problem=said, ticked=ticked), error.status
    flash(_("%(number)s is being made. You get a mail when it is sealed.", number=number))
    return redirect(url_for("reports.index", q=number), 303)


def _ids(ticked: list[str]) -> list[UUID]:
    try:
        return [UUID(each) for each in ticked]
    except ValueError:
        raise Invalid("not_a_choice") from None
