"""The cases of an inspection's findings, as a fragment on its page: where they stand, and opening more."""

from __future__ import annotations

from uuid import UUID

from flask import current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.adapters import clock
from app.db import reading, transaction
from app.domain.errors import Invalid, NotAllowed
from app.domain.permissions import Act, Scope, may
from app.features.actions.commands.freezing import facts_of
from app.features.actions.commands.opening import open_from_findings
from app.features.actions.queries.findings import with_cases
from app.features.actions.routes import bp
from app.features.actions.routes.showing import vocabulary
from app.features.inspections import queries as inspections
from app.features.inspections.models import Inspection
from app.web.htmx import wants_fragment
from app.web.identity import actor, needs


@bp.get("/of/inspection/<uuid:inspection_id>")
@needs(Act.SEE_ACTIONS)
def of_inspection(inspection_id: UUID) -> str:
    row = inspections.get_visible_to(reading(), actor(), inspection_id)
    return render_template(
        "actions/_of_inspection.html",
        row=row,
        lines=with_cases(reading(), actor(), row, clock.now()),
        may_raise=_may_raise(row),
        swapped=wants_fragment(),
        **vocabulary(clock.now()),
    )


@bp.post("/of/inspection/<uuid:inspection_id>")
@needs(Act.RAISE_ACTION)
def open_for_findings(inspection_id: UUID) -> Response:
    """One case for all findings that are ticked."""
    row = inspections.get_visible_to(reading(), actor(), inspection_id)
    if not _may_raise(row):
        raise NotAllowed()
    ticked = set(request.form.getlist("finding"))
    with transaction() as session:
        row = inspections.get_visible_to(session, actor(), inspection_id)
        free = [one for one, _case, has in with_cases(session, actor(), row, clock.now()) if not has]
        wanted = [facts_of(row, one, actor().language) for one in free if str(one.id) in ticked]
        if not wanted or len(wanted) != len(ticked):
            raise Invalid("not_a_choice", field="finding")
        deadlines = current_app.config["PLUMBLINE"].deadlines
        case = open_from_findings(session, wanted, clock.now(), actor().id, deadlines=deadlines)
    return redirect(url_for(".one", action_id=case), 303)


def _may_raise(row: Inspection) -> bool:
    return may(actor(), Act.RAISE_ACTION, Scope(company=row.company_id, assigned=True))
