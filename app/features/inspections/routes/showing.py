"""Drawing the page of one inspection, with the forms of what this person may do to it."""

from __future__ import annotations

from datetime import date

from flask import render_template, request
from flask_babel import gettext as _

from app.adapters import clock
from app.db import reading
from app.domain.dates import is_overdue
from app.domain.register_ends import COMMENTS_AT_MOST
from app.domain.words import pick
from app.features.inspections import words
from app.features.inspections.forms import (
    ApprovalForm,
    AssignmentForm,
    CancellationForm,
    ChangeForm,
    CoverageForm,
    LateWorkForm,
    PostponementForm,
    ReturnForm,
    RevisionForm,
    TextsForm,
)
from app.features.inspections.models import Inspection
from app.features.inspections.queries import choosing
from app.features.inspections.queries.conditions import OPEN
from app.features.inspections.queries.page import Page, tools
from app.features.inspections.queries.walk import open_walks
from app.features.inspections.words import history, signing
from app.features.inspections.words import walk as walks
from app.features.places.queries.estates import plans_of
from app.features.places.queries.plans import Pin, PinnedPlan, pinned
from app.web.i18n import day, language
from app.web.identity import actor

FORMS: dict[str, type[ChangeForm]] = {
    "late-work": LateWorkForm,
    "approval": ApprovalForm,
    "return": ReturnForm,
    "revision": RevisionForm,
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
        late_lines=history.late_lines(reading(), page.inspection.id, page.form, language())
        if page.late
        else [],
        stale=stale,
        reasons=reasons,
        why_headline=words.why_headline(page.result, len(reasons)) if page.result else "",
        states=words.STATES,
        points=words.points,
        severities=signing.SEVERITIES,
        slots=walks.SLOTS if page.inspection.unit_id else signing.SLOTS,
        meanings=signing.MEANINGS,
        slot_states=signing.SLOT_STATES,
        drawn=signing.drawn,
        stands=signing.STANDS,
        seen_words=signing.SEEN,
        photos_of={a.question["id"]: a.photos for section in page.sections for a in section.answers},
        walks=walks,
        pinned=_pinned(page),
        beside=_beside(page),
        due_day=lambda text: day(date.fromisoformat(text)),
        device_moment=history.instant,
        told=lambda path, field, value: history.describe(
            history.Written("set", path, field, value), page.form, language()
        ),
        score_in_words=lambda score: history.score_in_words(page.definition, score, language()),
    )


def _beside(page: Page) -> list[Inspection]:
    """Other walks of the same unit that are open, while this one is."""
    row = page.inspection
    if row.unit_id is None or row.state not in OPEN:
        return []
    return [one for one in open_walks(reading(), [row.unit_id]).get(row.unit_id, ()) if one.id != row.id]


def _pinned(page: Page) -> PinnedPlan | None:
    """The plan of a walked unit with the pins of this walk, on the newest revision; None where nothing is."""
    unit = page.inspection.unit
    defects = [one for one in (page.walk or {}).get("defects", ()) if one["pin"]]
    if unit is None or not defects:
        return None
    wanted = [
        Pin(
            *(one["row"], one["pin"]["plan"], one["pin"]["x"], one["pin"]["y"], one["class"]),
            f"{one['number']}. {one['class']}",
            f"#d-{one['row']}",
        )
        for one in defects
    ]
    return pinned(plans_of(reading(), unit.type_id), wanted, request.args.get("plan"))


def _state(page: Page) -> str:
    """The state as lists show it: overdue stands above planned and in progress."""
    row = page.inspection
    late = row.due is not None and is_overdue(row.due, row.site.time_zone, clock.now())
    return "overdue" if late and row.state in OPEN else row.state


def prepared(name: str, page: Page, sent: bool = False) -> ChangeForm:
    """The form of a tool with its choices; filled from the inspection unless it was `sent`."""
    form = FORMS[name]() if sent else FORMS[name](formdata=None)
    if isinstance(form, AssignmentForm):
        form.offer_people(
            choosing.auditors_for(reading(), page.inspection.company_id, page.inspection.estate_id)
        )
        if not sent:
            team = [str(a.person_id) for a in page.team]
            form.lead.data, form.others.data = (team[0] if team else ""), team[1:]
    if isinstance(form, CoverageForm):
        form.section.choices = [
            ("", _("Choose a section")),
            *((section.id, pick(section.title, language())) for section in page.sections),
        ]
    if isinstance(form, ReturnForm):
        form.offer_questions(_questions(page))
    if isinstance(form, PostponementForm) and not sent and page.inspection.due:
        form.due.data = page.inspection.due.isoformat()
    if isinstance(form, TextsForm) and not sent:
        for field in (form.objectives, form.scope, form.criteria, form.client):
            field.data = (page.plan.get(field.name) or {}).get("text", "")
    return form


def one_more(form: ChangeForm, page: Page) -> ChangeForm:
    """The form of a return with room for one more comment, everything typed still in it."""
    assert isinstance(form, ReturnForm)
    if len(form.comments) < COMMENTS_AT_MOST:
        form.comments.append_entry()
    form.offer_questions(_questions(page))
    return form


def _questions(page: Page) -> list[tuple[str, str]]:
    return [
        (answer.question["id"], f"{answer.question['id']} {pick(answer.question['text'], language())}")
        for section in page.sections
        if section.left_out is None
        for answer in section.answers
    ]
