"""Repairs at the desk: what is asked of whom, given to another contractor; links to contractors' lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.adapters import clock
from app.db import reading, transaction
from app.domain.errors import Invalid, PlumblineError, Stale
from app.domain.permissions import Act, may
from app.domain.register_walk import CLASSES
from app.domain.repairs import ASSIGNED_AT_MOST, nested
from app.features.actions import forms
from app.features.handovers import words
from app.features.handovers.commands import lists
from app.features.handovers.commands import repairs as commands
from app.features.handovers.queries import repairs as queries
from app.features.handovers.queries import shares
from app.features.handovers.queries.repairs import STATES, Filters
from app.features.handovers.routes import Answer, bp
from app.features.inspections.words import walk as walk_words
from app.features.places.models import Estate
from app.features.places.queries import estates
from app.web.htmx import wants_fragment
from app.web.identity import actor, needs
from app.web.sentences import sentence


@bp.get("/estates/<uuid:estate_id>/repairs")
@needs(Act.SEE_ACTIONS)
def of_estate(estate_id: UUID) -> Response:
    """Every open repair of the estate, by contractor and as people walk."""
    estate, filters = estates.get_visible_to(reading(), actor(), estate_id), _asked(request.args)
    answer = make_response(_draw(estate, filters, fragment=wants_fragment()))
    if wants_fragment():
        answer.headers["HX-Push-Url"] = address(estate_id, filters)
    answer.vary.add("HX-Request")
    return answer


@bp.get("/estates/<uuid:estate_id>/repairs/summary")
@needs(Act.SEE_ACTIONS)
def summary(estate_id: UUID) -> str:
    """How many repairs are open, for the estate's page."""
    estate = estates.get_visible_to(reading(), actor(), estate_id)
    return render_template(
        "handovers/_repairs_summary.html",
        estate=estate,
        shares=shares.shares(reading(), actor(), estate_id, clock.now()),
        elsewhere=shares.elsewhere(reading(), actor(), estate_id, clock.now()),
        classes=walk_words.CLASSES,
    )


@bp.post("/estates/<uuid:estate_id>/repairs/assignment")
@needs(Act.MANAGE_ACTION)
def assign(estate_id: UUID) -> Answer:
    """The ticked ones, or all the filters show, to another contractor or another day: all or none."""
    estate, filters, now = (
        estates.get_visible_to(reading(), actor(), estate_id),
        _asked(request.form),
        clock.now(),
    )
    try:
        ids = _ticked()
        if "every" in request.form:
            # of what is open, what is sent or disputed has somebody else to wait for
            todo = replace(filters, state="todo") if filters.state == "open" else filters
            ids = queries.matching_ids(reading(), actor(), estate_id, todo, now)
        company = forms.as_id(request.form.get("contractor"), "contractor")
        due = forms.as_day(request.form.get("due"), "due", needed=False)
        reason = forms.lines(request.form, "reason")
        with transaction() as session:
            number = commands.assign(session, actor(), estate_id, ids, company, due, reason, now)
    except (Invalid, Stale) as error:
        return _draw(estate, filters, error, request.form), error.status
    flash(ngettext("%(num)s repair is changed.", "%(num)s repairs are changed.", number))
    return redirect(address(estate_id, replace(filters, page=1)), 303)


@bp.post("/estates/<uuid:estate_id>/repairs/links")
@needs(Act.MANAGE_ACTION)
def send_list(estate_id: UUID) -> Answer:
    """A link to the contractor's list: by mail, or shown once for a chat."""
    estate = estates.get_visible_to(reading(), actor(), estate_id)
    config, secret = current_app.config["PLUMBLINE"], None
    try:
        contact = forms.as_id(request.form.get("contact"), "contact")
        if contact is None:
            raise Invalid("contact_missing", field="contact")
        with transaction() as session:
            given = (session, actor(), estate_id, contact, config.language, clock.now())
            if "show" in request.form:
                secret = lists.show_list(*given)
            else:
                lists.send_list(*given)
    except (Invalid, Stale) as error:
        return _draw(estate, Filters(), error), error.status
    if secret is not None:
        return _draw(estate, Filters(), shown_link=f"{config.public_url}/l/{secret}")
    flash(_("The list is on its way by mail."))
    return redirect(address(estate_id, Filters()), 303)


@bp.post("/estates/<uuid:estate_id>/repairs/links/<uuid:link_id>/revocation")
@needs(Act.MANAGE_ACTION)
def revoke_list(estate_id: UUID, link_id: UUID) -> Answer:
    estate = estates.get_visible_to(reading(), actor(), estate_id)
    try:
        with transaction() as session:
            lists.revoke_list(session, actor(), estate_id, link_id, clock.now())
    except Invalid as error:
        return _draw(estate, Filters(), error), error.status
    flash(_("The link is taken back."))
    return redirect(address(estate_id, Filters()), 303)


def address(estate_id: UUID, filters: Filters, **changes: object) -> str:
    """The list with these filters; only what differs from the plain list is in it."""
    wanted: dict[str, object] = {**_named(filters), **changes}
    return url_for("handovers.of_estate", estate_id=estate_id, **wanted)  # type: ignore[arg-type]


def _named(filters: Filters) -> dict[str, object]:
    return {
        "state": filters.state if filters.state != "open" else None,
        "building": filters.building,
        "floor": filters.floor or None,
        "trade": filters.trade or None,
        "class": filters.grade or None,
        "company": filters.company,
    }


def _asked(given: Mapping[str, str]) -> Filters:
    """The filters in an address or a form. What cannot be read is left out: an address is no form."""

    def key(name: str) -> UUID | None:
        try:
            return UUID(given.get(name, ""))
        except ValueError:
            return None

    page = given.get("page", "1")
    state = given.get("state", "open")
    return Filters(
        state=state if state in STATES else "open",
        building=key("building"),
        floor=forms.line(given, "floor")[:10] if key("building") else "",
        trade=forms.line(given, "trade")[:60],
        grade=given.get("class", "") if given.get("class") in CLASSES else "",
        company=key("company"),
        page=int(page) if page.isascii() and page.isdecimal() and 0 < len(page) < 7 else 1,
    )


def _ticked() -> list[UUID]:
    try:
        return list(dict.fromkeys(UUID(one) for one in request.form.getlist("case")))
    except ValueError:
        raise Invalid("none_chosen") from None


def _draw(
    estate: Estate,
    filters: Filters,
    problem: PlumblineError | None = None,
    typed: Mapping[str, Any] | None = None,
    shown_link: str = "",
    fragment: bool = False,
) -> str:
    """`typed`: what stood in the form that was refused."""
    session, now = reading(), clock.now()
    may_direct = may(actor(), Act.MANAGE_ACTION, estates.scope_of(estate))
    shared = shares.shares(session, actor(), estate.id, now)
    found = queries.find(session, actor(), estate.id, filters, now)
    return render_template(
        "handovers/_repairs_list.html" if fragment else "handovers/repairs.html",
        swapped=fragment,
        estate=estate,
        filters=filters,
        named={name: value for name, value in _named(filters).items() if value},
        found=found,
        groups=nested(found.repairs, lambda one: one.action.company, lambda one: one.floor),
        shares=shared,
        companies=[one.company for one in shared if one.company],
        contractors=commands.contractors(session, actor(), estate) if may_direct else [],
        elsewhere=shares.elsewhere(session, actor(), estate.id, now),
        buildings=estates.buildings_of(session, estate.id),
        floors=queries.floors_of(session, filters.building) if filters.building else [],
        trades=queries.trades_of(session, actor(), estate.id),
        states=words.REPAIRS,
        standings=words.STANDINGS,
        classes=walk_words.CLASSES,
        most=ASSIGNED_AT_MOST,
        may_direct=may_direct,
        address=lambda **changes: address(estate.id, filters, **changes),
        problem=sentence(problem.code, **problem.params) if problem else "",
        field=str(getattr(problem, "field", None) or ""),
        typed=typed or request.args,
        ticked=set(request.form.getlist("case")) if typed else set(),
        shown_link=shown_link,
    )
