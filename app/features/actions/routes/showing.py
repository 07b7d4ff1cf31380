"""The page of a case, drawn the same whether it is read or answers a change that was refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import render_template
from flask_babel import gettext as _
from flask_babel import ngettext

from app.adapters import clock
from app.db import reading
from app.domain import action_clock
from app.domain.action_clock import Allowed
from app.domain.actions import SENT, Phase, Step
from app.domain.errors import PlumblineError
from app.domain.permissions import Act, Role
from app.features.accounts import queries as accounts
from app.features.actions import queries, words
from app.features.actions.commands import dates
from app.features.actions.forms import BONES, DOCUMENTS
from app.features.actions.models import KIND, Action
from app.features.actions.queries import page
from app.features.actions.report import CHARGE_BACK
from app.features.companies.queries import registers
from app.features.links import queries as links
from app.web.i18n import brief_day
from app.web.identity import actor
from app.web.sentences import sentence


def show(
    action: Action,
    problem: PlumblineError | None = None,
    typed: Mapping[str, Any] | None = None,
    shown_link: str = "",
) -> str:
    """`typed`: the content of the open step as it was posted, so that nothing typed is lost."""
    session, who, now = reading(), actor(), clock.now()
    story = page.load(session, action, now)
    may = {act.value: queries.allowed(who, act, action) for act in (Act.MANAGE_ACTION, Act.WORK_ON_ACTION)}
    may["approve"] = dates.may_approve(who, action)
    may["verify"] = (
        queries.allowed(who, Act.VERIFY_ACTION, action) and f"p:{who.id}" not in story.circle.doers
    )
    return render_template(
        "actions/page.html",
        story=story,
        action=action,
        may=may,
        typed=typed,
        said=said(problem),
        links=links.of_record(session, action.id, now) if may[Act.MANAGE_ACTION.value] else [],
        people=people_choices() if may[Act.MANAGE_ACTION.value] else [],
        shown_link=shown_link,
        larger=page.form_choices(action),
        parts=registers.parts_of(session, action.company_id) if action.company_id else [],
        codes=registers.codes_in_use(session),
        papers=_papers(action, story),
        made=queries.kinds_of_papers(session, action.id),
        me=who.id,
        **vocabulary(now),
    )


def _papers(action: Action, story: page.Story) -> list[tuple[str, str]]:
    """What can be printed of it: a charge-back note only when there is somebody to charge for something."""
    story_name = _("8D report") if action.form == "full" else _("Action report")
    charge = [(CHARGE_BACK, _("Charge-back note"))] if action.company and story.costs else []
    return [(KIND, story_name), *charge]


def vocabulary(now: datetime) -> dict[str, Any]:
    """What every page about actions needs to name things."""
    return {
        "w": words,
        "BONES": BONES,
        "DOCUMENTS": DOCUMENTS,
        "SENT": {step.value for step in SENT},
        "Phase": Phase,
        "due_day": action_clock.due_day,
        "span": span,
        "allowed_words": allowed_words,
        "sender": sender,
        "moment_now": now,
        "money": money,
        "brief": brief_day,
    }


def said(problem: PlumblineError | None) -> dict[str, str]:
    """What was refused: by field, or under "" when it is about the whole."""
    if problem is None:
        return {}
    return {str(getattr(problem, "field", None) or ""): sentence(problem.code, **problem.params)}


def span(length: timedelta) -> str:
    """How long, in the largest unit that says enough: "19 h", "3 days"."""
    hours = round(length.total_seconds() / 3600)
    if hours < 48:
        return ngettext("%(num)s h", "%(num)s h", hours)
    return ngettext("%(num)s day", "%(num)s days", round(hours / 24))


def allowed_words(allowed: Allowed) -> str:
    return (
        span(timedelta(hours=allowed.hours, days=allowed.days))
        if allowed.hours
        else ngettext("%(num)s day", "%(num)s days", allowed.days)
    )


def sender(story: page.Story, text: str) -> str:
    """Who sent a step: a person's name, or "link:<address it was sent to>" for a guest."""
    if not text or text == "clock":
        return ""
    key = UUID(text[2:])
    if text.startswith("l:"):
        link = story.links.get(key)
        return link.sent_to or link.name if link else ""
    for event in story.events:
        if event.person_id == key and event.person is not None:
            return event.person.name
    return ""


def money(amount: int) -> str:
    """Hundredths as people write them: 186000 → "1,860.00"."""
    return f"{amount // 100:,}.{amount % 100:02d}"


def people_choices() -> list[tuple[str, str]]:
    """Everybody of ours who may be named in a case."""
    return [(str(person.id), person.name) for person in accounts.with_roles(reading(), *Role)]


def step_of(text: str) -> Step | None:
    try:
        return Step(text)
    except ValueError:
        return None
