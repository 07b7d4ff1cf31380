"""Drawing the page of one inspection, with the forms of what this person may do to it."""

from __future__ import annotations

from flask import render_template
from flask_babel import gettext as _

from app.adapters import clock
from app.db import reading
from app.domain.dates import is_overdue
from app.domain.words import pick
from app.features.inspections import words
from app.features.inspections.forms import (
    AssignmentForm,
    CancellationForm,
    ChangeForm,
    CoverageForm,
    PostponementForm,
    TextsForm,
)
from app.features.inspections.queries import choosing
from app.features.inspections.queries.conditions import OPEN
from app.features.inspections.queries.page import Page, tools
from app.features.inspections.words import history
from app.web.i18n import language
from app.web.identity import actor

FORMS: dict[str, type[ChangeForm]] = {
    "assignment": AssignmentForm,
    "postponement": PostponementForm,
    "coverage": CoverageForm,
    "plan": TextsForm,
    "cancellation": CancellationForm,
}


def show(page: Page, tried: str = "", form: ChangeForm | None = None, stale: bool = False) -> str:
    """The page; `tried` names the tool whose form could not be carried out and stays open as it was typed."""
    may_do = tools(actor(), page)
    forms: dict[str, ChangeForm] = {}
    for name in FORMS:
        if may_do[name]:
            forms[name] = form if form is not None and name == tried else prepared(name, page)
            if name != tried or stale:
                forms[name].seq.data = str(page.seq)  # sending again means it, now that both are seen
    reasons = words.why(page.result, page.definition, language()) if page.result else []
    return render_template(
        "inspections/page.html",
        page=page,
        row=page.inspection,
        shown_state=_state(page),
        may_do=may_do,
        forms=forms,
        tried=tried,
        stale=stale,
        reasons=reasons,
        why_headline=words.why_headline(page.result, len(reasons)) if page.result else "",
        states=words.STATES,
        points=words.points,
        told=lambda path, field, value: history.describe(
            history.Written("set", path, field, value), page.form, language()
        ),
        score_in_words=lambda score: history.score_in_words(page.definition, score, language()),
    )


def _state(page: Page) -> str:
    """The state as lists show it: overdue stands above planned and in progress."""
    row = page.inspection
    late = row.due is not None and is_overdue(row.due, row.site.time_zone, clock.now())
    return "overdue" if late and row.state in OPEN else row.state


def prepared(name: str, page: Page, sent: bool = False) -> ChangeForm:
    """The form of a tool with its choices; filled from the inspection unless it was `sent`."""
    form = FORMS[name]() if sent else FORMS[name](formdata=None)
    if isinstance(form, AssignmentForm):
        form.offer_people(choosing.auditors_for(reading(), page.inspection.company_id))
        if not sent:
            team = [str(a.person_id) for a in page.team]
            form.lead.data, form.others.data = (team[0] if team else ""), team[1:]
    if isinstance(form, CoverageForm):
        form.section.choices = [
            ("", _("Choose a section")),
            *((section.id, pick(section.title, language())) for section in page.sections),
        ]
    if isinstance(form, PostponementForm) and not sent and page.inspection.due:
        form.due.data = page.inspection.due.isoformat()
    if isinstance(form, TextsForm) and not sent:
        for field in (form.objectives, form.scope, form.criteria, form.client):
            field.data = (page.plan.get(field.name) or {}).get("text", "")
    return form
