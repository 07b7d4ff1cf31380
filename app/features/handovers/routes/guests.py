"""A contractor's list of repairs, through a link: their own cases at one estate, and nothing else of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.adapters import clock
from app.adapters.plans import picture_name
from app.db import reading, transaction
from app.domain.actions import Form, Phase, Step
from app.domain.errors import Invalid, NotFound, PlumblineError, Stale, TooLarge, Unavailable
from app.domain.repairs import Standing, nested
from app.features.actions import queries as actions
from app.features.actions import words as action_words
from app.features.actions.commands import Hand
from app.features.actions.forms import content_of, lines
from app.features.actions.models import Action, ActionPicture
from app.features.actions.queries.drawings import drawings_of
from app.features.actions.routes import photos
from app.features.companies.models import Contact
from app.features.handovers import words
from app.features.handovers.commands import disputes as disputing
from app.features.handovers.commands import repairs as commands
from app.features.handovers.queries import contractor, disputes, repairs
from app.features.handovers.queries.repairs import KIND
from app.features.inspections.words import walk as walk_words
from app.features.links import commands as links
from app.features.links.models import Link
from app.features.links.routes import where
from app.features.places.models import Estate
from app.features.places.routes.types import BLOBS
from app.web import limits
from app.web.guests import by_link, guest, opened
from app.web.i18n import language
from app.web.sentences import sentence

guest_bp = Blueprint("guest_repairs", __name__, url_prefix="/l/repairs")
Answer = str | Response | tuple[str, int]
RATES = "240 per minute; 2000 per hour"  # a gang of workers may share one link
TABS = ("todo", "sent", "disputed", "done")
_YEAR = 31_536_000


@guest_bp.get("/<uuid:estate_id>")
@by_link
def listed(estate_id: UUID) -> str:
    """By building and floor, in the order in which somebody walks."""
    estate, company = _opened(estate_id)
    session, now = reading(), clock.now()
    show = request.args.get("show", "todo")
    show = show if show in TABS else "todo"
    buildings = contractor.buildings_for(session, estate_id, company)
    building = next((one for one in buildings if str(one.id) == request.args.get("building")), None)
    page = max(1, min(request.args.get("page", 1, type=int), 10_000))
    with transaction() as writing:
        links.note(writing, guest().link_id, "seen", estate_id, where(), now)
    within = building.id if building else None
    found = contractor.for_contractor(session, estate_id, company, show, now, within, page)
    return render_template(
        "handovers/guest_list.html",
        found=found,
        groups=nested(found.repairs, lambda one: one.floor),
        counts=contractor.counts_for(session, estate_id, company, now, within),
        show=show,
        tabs=TABS,
        buildings=buildings,
        building=building,
        **_words(estate),
    )


@guest_bp.get("/<uuid:estate_id>/<uuid:action_id>")
@by_link
def one(estate_id: UUID, action_id: UUID) -> str:
    estate, company = _opened(estate_id)
    return _show(estate, company, action_id)


@guest_bp.post("/<uuid:estate_id>/<uuid:action_id>/repair")
@by_link
def repair(estate_id: UUID, action_id: UUID) -> Answer:
    """It is repaired: what was done and a photo. The photos are kept whatever becomes of the rest."""

    def work() -> str:
        content, kept = content_of(Step.IMPLEMENT, request.form), photos.received()
        hand, now = _hand(), clock.now()
        with transaction() as session:
            action = _held(session, estate_id, action_id)
            if _is_sent_by(action, hand):
                return ""  # the answer to the first time never arrived
            photos.attach(session, action, kept, Step.IMPLEMENT, "after", hand)
        with transaction() as session:
            action = _held(session, estate_id, action_id)
            commands.send_repair(session, action, content, hand, now)
            links.note(session, hand.link_id or guest().link_id, "repaired", action_id, where(), now)
        return ""

    return _do(estate_id, action_id, work, _("Sent. Thank you. Somebody looks at it again."))


@guest_bp.post("/<uuid:estate_id>/<uuid:action_id>/disputes")
@by_link
def dispute(estate_id: UUID, action_id: UUID) -> Answer:
    """Not ours, or no defect."""

    def work() -> str:
        now = clock.now()
        with transaction() as session:
            action = _held(session, estate_id, action_id)
            disputing.dispute(session, action, lines(request.form, "reason"), language(), _hand(), now)
            links.note(session, guest().link_id, "disputed", action_id, where(), now)
        return ""

    return _do(estate_id, action_id, work, _("Sent. The clock stands still until it is decided."))


@guest_bp.post("/<uuid:estate_id>/<uuid:action_id>/disputes/withdrawal")
@by_link
def withdraw(estate_id: UUID, action_id: UUID) -> Answer:
    def work() -> str:
        with transaction() as session:
            action = _held(session, estate_id, action_id)
            disputing.withdraw(session, action, _hand(), clock.now())
        return ""

    return _do(estate_id, action_id, work, _("Taken back. The clock runs on."))


@guest_bp.get("/<uuid:estate_id>/<uuid:action_id>/photos/<uuid:picture_id>")
@by_link
def photo(estate_id: UUID, action_id: UUID, picture_id: UUID) -> Response:
    _estate, company = _opened(estate_id)
    action = _seen(estate_id, company, action_id)
    if picture_id not in {one.id for one in _pictures(action, company)}:
        raise NotFound()
    return photos.served(action, picture_id)


@guest_bp.get("/<uuid:estate_id>/plans/<picture>")
@by_link
def plan(estate_id: UUID, picture: str) -> Response:
    """The plan a pin of theirs is on; what is at this address never changes."""
    _estate, company = _opened(estate_id)
    found = contractor.plan_for(reading(), estate_id, company, picture)
    blobs = current_app.extensions[BLOBS]
    name = picture_name(found.picture_sha256)
    with blobs.open_named(name) as file:
        mime = "image/png" if file.read(4) == b"\x89PNG" else "image/jpeg"
    response = send_file(blobs.open_named(name), mimetype=mime, etag=found.picture_sha256)
    response.headers["Cache-Control"] = f"private, max-age={_YEAR}, immutable"
    response.vary.add("Cookie")
    return response


def _opened(estate_id: UUID) -> tuple[Estate, UUID]:
    """The estate and the contractor, if the link opens that list. Raises NotFound."""
    contact = reading().get(Contact, opened(KIND, estate_id).contact_id)
    estate = reading().get(Estate, estate_id)
    if contact is None or contact.retired_at is not None or estate is None:
        raise NotFound()
    return estate, contact.company_id


def _seen(estate_id: UUID, company: UUID, action_id: UUID) -> Action:
    return contractor.one_for(reading(), estate_id, company, action_id, clock.now()).action


def _held(session: Session, estate_id: UUID, action_id: UUID) -> Action:
    """The case, locked, if it is theirs still. Raises NotFound."""
    contact = session.get(Contact, opened(KIND, estate_id).contact_id)
    action = actions.one(session, action_id, lock=True)
    theirs = repairs.here(estate_id).where(Action.id == action_id).with_only_columns(Action.id)
    if contact is None or action.company_id != contact.company_id or session.scalar(theirs) is None:
        raise NotFound()
    return action


def _hand() -> Hand:
    return Hand(link_id=guest().link_id)


def _is_sent_by(action: Action, hand: Hand) -> bool:
    row = actions.step_row(action, Step.IMPLEMENT)
    return action.phase == Phase.REVIEW and row is not None and row.sent_by == str(hand)


def _do(estate_id: UUID, action_id: UUID, work: Any, thanks: str) -> Answer:
    estate, company = _opened(estate_id)
    _seen(estate_id, company, action_id)
    limits.count("repairs", str(guest().link_id), rates=RATES)
    try:
        work()
    except (Invalid, Stale, TooLarge, Unavailable) as error:
        return _show(estate, company, action_id, error, request.form), error.status
    flash(thanks)
    return redirect(url_for(".one", estate_id=estate_id, action_id=action_id), 303)


def _pictures(action: Action, company: UUID) -> list[ActionPicture]:
    """Photos of ours and their own; not what another contractor sent before them."""
    asked = {one.link_id for one in action.pictures if one.link_id}
    own = set(
        reading().scalars(
            select(Link.id)
            .join(Contact, Contact.id == Link.contact_id)
            .where(Link.id.in_(asked), Contact.company_id == company)
        )
    )
    return [one for one in action.pictures if one.link_id is None or one.link_id in own]


def _after(pictures: Iterable[ActionPicture]) -> list[ActionPicture]:
    return [one for one in pictures if one.step is not None]


def _show(
    estate: Estate,
    company: UUID,
    action_id: UUID,
    problem: PlumblineError | None = None,
    typed: Any = None,
) -> str:
    session, now = reading(), clock.now()
    found = contractor.one_for(session, estate.id, company, action_id, now)
    action = actions.one(session, action_id)
    pictures = _pictures(action, company)
    row = actions.step_row(action, Step.IMPLEMENT)
    said = disputes.of_case(session, action_id, company)
    events = actions.events_of(session, action_id)
    returned = None
    for event in events:  # what somebody else sent before them and got back is not theirs
        if event.act in (*repairs.CAME_BACK, "assigned"):
            returned = event if event.act != "assigned" else None
    plan_here = repairs.plan_of(session, found.defect)
    return render_template(
        "handovers/guest_one.html",
        repair=found,
        action=action,
        row=row,
        plan=plan_here,
        before=[one for one in pictures if one.step is None],
        after=_after(pictures),
        drawn=drawings_of(session, action, events),
        said=said,
        returned=returned if found.standing is Standing.TODO else None,
        next=contractor.next_in_unit(session, estate.id, company, found, now),
        theirs=found.standing is Standing.TODO and action.form == Form.SHORT,
        problem=sentence(problem.code, **problem.params) if problem else "",
        field=str(getattr(problem, "field", None) or ""),
        typed=typed,
        moments=action_words.MOMENTS,
        **_words(estate),
    )


def _words(estate: Estate) -> dict[str, Any]:
    return {
        "estate": estate,
        "visitor": guest(),
        "house": current_app.config["PLUMBLINE"].organisation,
        "classes": walk_words.CLASSES,
        "standings": words.STANDINGS,
        "tab_words": words.TABS,
        "decisions": words.DECISIONS,
        "base": f"/l/repairs/{estate.id}",
    }
