"""What a person with an account does to a case. Each verb is a noun, and each refusal comes back on its
page.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.adapters import clock
from app.config import LANGUAGES
from app.db import reading, transaction
from app.domain.actions import Step
from app.domain.errors import Invalid, NotFound, PlumblineError, Stale
from app.domain.permissions import Act
from app.features.actions import forms, queries
from app.features.actions.commands import Hand, beside, dates, papers, walking
from app.features.actions.forms import as_count, as_day, as_form, as_id, as_money, content_of
from app.features.actions.report import PAPERS
from app.features.actions.routes import bp, files, photos
from app.features.actions.routes.showing import show, step_of
from app.web.identity import actor, needs

Answer = str | Response | tuple[str, int]
Work = Callable[[Session], object]


@bp.post("/<uuid:action_id>/steps/<step>")
@needs(Act.WORK_ON_ACTION)
def write_step(action_id: UUID, step: str) -> Answer:
    """Keeps what was typed; with "send" it goes to be judged."""
    queries.get_visible_to(reading(), actor(), action_id)
    wanted = _step(step)
    typed = None
    try:
        typed = content_of(wanted, request.form)
        kept, documents = photos.received(), files.received()
        hand, now = Hand(person_id=actor().id), clock.now()
        version = request.form.get("record_version", type=int)
        moment = "after" if wanted is Step.IMPLEMENT else "evidence"
        with transaction() as session:
            action = walking.held(session, actor(), action_id, Act.WORK_ON_ACTION)
            photos.attach(session, action, kept, wanted, moment, hand)
            files.attach(session, action, documents, wanted, hand)
            walking.write(session, action, wanted, typed, version, hand, now)
        if "send" in request.form:
            with transaction() as session:
                action = walking.held(session, actor(), action_id, Act.WORK_ON_ACTION)
                walking.send(session, action, wanted, typed, None, hand, now)
            flash(_("Sent. The clock stands still until it is judged."))
        else:
            flash(_("Saved."))
    except PlumblineError as error:
        return _refused(action_id, error, typed)
    return _back(action_id)


@bp.post("/<uuid:action_id>/steps/<step>/acceptance")
@needs(Act.SEE_ACTIONS)
def accept(action_id: UUID, step: str) -> Answer:
    wanted = _seen(action_id, step)
    return _do(action_id, lambda session: walking.accept(session, actor(), action_id, wanted, clock.now()))


@bp.post("/<uuid:action_id>/steps/<step>/return")
@needs(Act.SEE_ACTIONS)
def send_back(action_id: UUID, step: str) -> Answer:
    wanted, reason = _seen(action_id, step), forms.lines(request.form, "reason")
    return _do(
        action_id, lambda session: walking.reject(session, actor(), action_id, wanted, reason, clock.now())
    )


@bp.post("/<uuid:action_id>/verification")
@needs(Act.VERIFY_ACTION)
def verify(action_id: UUID) -> Answer:
    queries.get_visible_to(reading(), actor(), action_id)
    word, effective = forms.lines(request.form, "note"), "effective" in request.form

    def work(session: Session) -> None:
        if kept or documents:
            action = walking.held(session, actor(), action_id, Act.VERIFY_ACTION)
            photos.attach(session, action, kept, Step.CHECK, "evidence", Hand(person_id=actor().id))
            files.attach(session, action, documents, Step.CHECK, Hand(person_id=actor().id))
        walking.verify(session, actor(), action_id, word, effective, clock.now())

    try:
        kept, documents = photos.received(), files.received()
    except PlumblineError as error:
        return _refused(action_id, error, {"note": word})
    return _do(action_id, work, {"note": word})


@bp.post("/<uuid:action_id>/standard")
@needs(Act.SEE_ACTIONS)
def standardise(action_id: UUID) -> Answer:
    queries.get_visible_to(reading(), actor(), action_id)
    typed = content_of(Step.ACT, request.form)
    version = request.form.get("record_version", type=int)

    def work(session: Session) -> None:
        if documents:
            action = walking.held(session, actor(), action_id, Act.MANAGE_ACTION)
            files.attach(session, action, documents, Step.ACT, Hand(person_id=actor().id))
        if "send" in request.form:
            walking.standardise(session, actor(), action_id, typed, version, clock.now())
        else:
            action = walking.held(session, actor(), action_id, Act.MANAGE_ACTION)
            walking.write(session, action, Step.ACT, typed, version, Hand(person_id=actor().id), clock.now())

    try:
        documents = files.received()
    except PlumblineError as error:
        return _refused(action_id, error, typed)
    return _do(action_id, work, typed)


@bp.post("/<uuid:action_id>/closing")
@needs(Act.SEE_ACTIONS)
def close(action_id: UUID) -> Answer:
    queries.get_visible_to(reading(), actor(), action_id)
    return _do(action_id, lambda session: walking.close(session, actor(), action_id, clock.now()))


@bp.post("/<uuid:action_id>/form")
@needs(Act.SEE_ACTIONS)
def raise_form(action_id: UUID) -> Answer:
    queries.get_visible_to(reading(), actor(), action_id)
    reason = forms.lines(request.form, "reason")

    def work(session: Session) -> None:
        form = as_form(request.form.get("form", ""))
        walking.raise_form(session, actor(), action_id, form, reason, clock.now())

    return _do(action_id, work)


@bp.post("/<uuid:action_id>/cancellation")
@needs(Act.SEE_ACTIONS)
def cancel(action_id: UUID) -> Answer:
    queries.get_visible_to(reading(), actor(), action_id)
    reason = forms.lines(request.form, "reason")
    return _do(action_id, lambda session: walking.cancel(session, actor(), action_id, reason, clock.now()))


@bp.post("/<uuid:action_id>/dates")
@needs(Act.SEE_ACTIONS)
def change_date(action_id: UUID) -> Answer:
    queries.get_visible_to(reading(), actor(), action_id)
    reason, is_complex = forms.lines(request.form, "reason"), "complex" in request.form

    def work(session: Session) -> None:
        day = as_day(request.form.get("due"), "due")
        assert day is not None
        dates.change(session, actor(), action_id, day, reason, clock.now(), is_complex)

    return _do(action_id, work)


@bp.post("/<uuid:action_id>/dates/<uuid:date_id>/decision")
@needs(Act.SEE_ACTIONS)
def decide_date(action_id: UUID, date_id: UUID) -> Answer:
    queries.get_visible_to(reading(), actor(), action_id)
    approve = "approve" in request.form
    return _do(
        action_id, lambda session: dates.decide(session, actor(), action_id, date_id, approve, clock.now())
    )


@bp.post("/<uuid:action_id>/lots")
@needs(Act.SEE_ACTIONS)
def record_lot(action_id: UUID) -> Answer:
    queries.get_visible_to(reading(), actor(), action_id)

    def work(session: Session) -> None:
        action = walking.held(session, actor(), action_id, Act.WORK_ON_ACTION)
        day = as_day(request.form.get("inspected_on"), "inspected_on")
        assert day is not None
        counts = [as_count(request.form.get(name), name) for name in ("quantity", "not_ok")]
        number = forms.line(request.form, "number")
        hand = Hand(person_id=actor().id)
        beside.record_lot(session, action, number, counts[0], counts[1], day, hand, clock.now())

    return _do(action_id, work)


@bp.post("/<uuid:action_id>/costs")
@needs(Act.SEE_ACTIONS)
def add_cost(action_id: UUID) -> Answer:
    queries.get_visible_to(reading(), actor(), action_id)

    def work(session: Session) -> None:
        kind, note = request.form.get("cost_kind", ""), forms.line(request.form, "cost_note")
        amount = as_money(request.form.get("amount"), "amount")
        minutes = as_count(request.form.get("minutes"), "minutes") or None
        beside.add_cost(session, actor(), action_id, kind, amount, minutes, note, clock.now())

    return _do(action_id, work)


@bp.post("/<uuid:action_id>/costs/<uuid:cost_id>/striking")
@needs(Act.SEE_ACTIONS)
def strike_cost(action_id: UUID, cost_id: UUID) -> Answer:
    queries.get_visible_to(reading(), actor(), action_id)
    return _do(
        action_id, lambda session: beside.strike_cost(session, actor(), action_id, cost_id, clock.now())
    )


@bp.post("/<uuid:action_id>/team")
@needs(Act.SEE_ACTIONS)
def name_member(action_id: UUID) -> Answer:
    queries.get_visible_to(reading(), actor(), action_id)

    def work(session: Session) -> None:
        person = as_id(request.form.get("person"), "person")
        name, duty = forms.line(request.form, "name"), forms.line(request.form, "duty")
        beside.name_member(session, actor(), action_id, person, name, duty, clock.now())

    return _do(action_id, work)


@bp.post("/<uuid:action_id>/people")
@needs(Act.SEE_ACTIONS)
def appoint(action_id: UUID) -> Answer:
    queries.get_visible_to(reading(), actor(), action_id)

    def work(session: Session) -> None:
        owner = as_id(request.form.get("owner"), "owner")
        if owner is None:
            raise Invalid("required", field="owner")
        verifier, contact = (as_id(request.form.get(name), name) for name in ("verifier", "contact"))
        beside.appoint(session, actor(), action_id, owner, verifier, contact, clock.now())

    return _do(action_id, work)


@bp.post("/<uuid:action_id>/subject")
@needs(Act.SEE_ACTIONS)
def name_subject(action_id: UUID) -> Answer:
    queries.get_visible_to(reading(), actor(), action_id)

    def work(session: Session) -> None:
        part, code = (as_id(request.form.get(name), name) for name in ("part", "defect_code"))
        lot = forms.line(request.form, "lot") if "lot" in request.form else None
        beside.name_subject(session, actor(), action_id, part, code, clock.now(), lot)

    return _do(action_id, work)


@bp.post("/<uuid:action_id>/tasks")
@needs(Act.SEE_ACTIONS)
def tick_task(action_id: UUID) -> Answer:
    queries.get_visible_to(reading(), actor(), action_id)
    task = request.form.get("task", "")
    return _do(action_id, lambda session: beside.tick_task(session, actor(), action_id, task, clock.now()))


@bp.post("/<uuid:action_id>/photos")
@needs(Act.SEE_ACTIONS)
def add_photos(action_id: UUID) -> Answer:
    queries.get_visible_to(reading(), actor(), action_id)
    try:
        photos.add(
            action_id,
            lambda session, key: walking.held(session, actor(), key, Act.WORK_ON_ACTION),
            Hand(person_id=actor().id),
        )
    except PlumblineError as error:
        return _refused(action_id, error)
    return _back(action_id)


@bp.post("/<uuid:action_id>/files")
@needs(Act.SEE_ACTIONS)
def add_files(action_id: UUID) -> Answer:
    queries.get_visible_to(reading(), actor(), action_id)
    try:
        files.add(
            action_id,
            lambda session, key: walking.held(session, actor(), key, Act.WORK_ON_ACTION),
            Hand(person_id=actor().id),
        )
    except PlumblineError as error:
        return _refused(action_id, error)
    return _back(action_id)


@bp.post("/<uuid:action_id>/papers/<kind>")
@needs(Act.SEE_ACTIONS)
def ask_paper(action_id: UUID, kind: str) -> Answer:
    """A sealed report of the case as it stands now, in the language chosen."""
    queries.get_visible_to(reading(), actor(), action_id)
    language = request.form.get("language", "")
    if language not in LANGUAGES:
        raise Invalid("not_a_language", field="language")
    known = PAPERS.get(kind)
    if known is None:
        raise NotFound()
    return _do(
        action_id,
        lambda session: papers.ask(session, actor(), action_id, kind, known.drafted, language, clock.now()),
    )


@bp.post("/<uuid:action_id>/links")
@needs(Act.SEE_ACTIONS)
def send_link(action_id: UUID) -> Answer:
    queries.get_visible_to(reading(), actor(), action_id)
    answer = _do(action_id, lambda session: beside.send_link(session, actor(), action_id, clock.now()))
    if isinstance(answer, Response):
        flash(_("The link is on its way by mail."))
    return answer


@bp.post("/<uuid:action_id>/links/showing")
@needs(Act.SEE_ACTIONS)
def show_link(action_id: UUID) -> Answer:
    """A link to copy into a chat, shown this once."""
    from flask import current_app

    queries.get_visible_to(reading(), actor(), action_id)
    config = current_app.config["PLUMBLINE"]
    try:
        with transaction() as session:
            secret = beside.show_link(session, actor(), action_id, config.language, clock.now())
    except PlumblineError as error:
        return _refused(action_id, error)
    action = queries.get_visible_to(reading(), actor(), action_id)
    return show(action, shown_link=f"{config.public_url}/l/{secret}")


@bp.post("/<uuid:action_id>/links/<uuid:link_id>/revocation")
@needs(Act.SEE_ACTIONS)
def revoke_link(action_id: UUID, link_id: UUID) -> Answer:
    queries.get_visible_to(reading(), actor(), action_id)
    return _do(
        action_id, lambda session: beside.revoke_link(session, actor(), action_id, link_id, clock.now())
    )


def _do(action_id: UUID, work: Work, typed: dict[str, object] | None = None) -> Answer:
    try:
        with transaction() as session:
            work(session)
    except (Invalid, Stale) as error:
        return _refused(action_id, error, typed)
    return _back(action_id)


def _refused(
    action_id: UUID, error: PlumblineError, typed: dict[str, object] | None = None
) -> tuple[str, int]:
    """The page again, with the refusal beside its field and everything that was typed."""
    if not isinstance(error, (Invalid, Stale)):
        raise error
    action = queries.get_visible_to(reading(), actor(), action_id)
    return show(action, error, typed), error.status


def _back(action_id: UUID) -> Response:
    return redirect(url_for(".one", action_id=action_id), 303)


def _seen(action_id: UUID, step: str) -> Step:
    queries.get_visible_to(reading(), actor(), action_id)
    return _step(step)


def _step(text: str) -> Step:
    found = step_of(text)
    if found is None:
        raise NotFound()
    return found
