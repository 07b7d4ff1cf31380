"""What an admin does with people: invite, change, disable, grant, end sessions, start a reset."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import current_app, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import journal
from app.adapters import clock
from app.db import reading, transaction
from app.domain.errors import Invalid
from app.domain.permissions import Act, Role
from app.features.accounts import queries
from app.features.accounts.commands import links, people, sessions
from app.features.accounts.forms import ROLES, DisablingForm, GrantForm, InviteForm, ProfileForm
from app.features.accounts.models import Person
from app.features.accounts.routes import bp, config, link_to, told, tried
from app.web.forms import HouseForm, one_line
from app.web.identity import actor, needs
from app.web.sentences import sentence

Answer = Response | str | tuple[str, int]
SCOPE_CHOICES = "plumbline.scope_choices"  # wiring: what a grant can be limited to, from higher features


def scope_choices() -> list[tuple[str, UUID, str]]:
    """(kind, id, label) of everything a grant can be limited to."""
    offered: Callable[[Session], list[tuple[str, UUID, str]]] | None
    offered = current_app.extensions.get(SCOPE_CHOICES)
    return offered(reading()) if offered else []


@bp.get("/people", endpoint="people")
@needs(Act.MANAGE_PEOPLE)
def people_page() -> Answer:
    search = str(one_line(request.args.get("q", "")))[:100]
    state = request.args.get("state", "")
    page = min(max(1, request.args.get("page", 1, type=int)), 10_000)
    found = queries.list_people(reading(), actor(), search, state, page)
    return render_template(
        "accounts/people.html",
        found=found,
        search=search,
        state=state if state in queries.STATES else "",
        page=page,
        pages=max(1, -(-found.total // queries.PAGE)),
        state_of=queries.state_of,
        roles=ROLES,
    )


@bp.get("/invitations/new")
@needs(Act.MANAGE_PEOPLE)
def invite_form() -> Answer:
    form = InviteForm(formdata=None, language=config().language, time_zone=config().time_zone)
    return render_template("accounts/invite.html", form=form.offer(scope_choices()))


@bp.post("/invitations")
@needs(Act.MANAGE_PEOPLE)
def invite() -> Answer:
    form = InviteForm()
    form.offer(scope_choices())
    made: list[tuple[Person, str]] = []

    def work(write: Session) -> None:
        who = (form.email.data, form.name.data, form.language.data, form.time_zone.data)
        made.append(people.invite(write, *who, grant=form.grant(), by=actor().id, now=clock.now()))

    status = tried(form, work) if form.validate() else 422
    return (render_template("accounts/invite.html", form=form), status) if status else _invited(*made[0])


def _invited(person: Person, secret: str) -> tuple[str, int]:
    """Shows the link once, because mail may be off; it is stored nowhere."""
    address = link_to("invitation", secret)
    mail = config().mail_backend == "smtp"
    return render_template("accounts/invited.html", person_invited=person, address=address, mail=mail), 201


@bp.get("/people/<uuid:person_id>", endpoint="person")
@needs(Act.MANAGE_PEOPLE)
def person_page(person_id: UUID) -> Answer:
    return _page(person_id)


def _page(
    person_id: UUID,
    status: int = 200,
    profile: ProfileForm | None = None,
    grant: GrantForm | None = None,
    disabling: DisablingForm | None = None,
    problem: str = "",
) -> tuple[str, int]:
    read, now = reading(), clock.now()
    found = queries.get_visible_to(read, actor(), person_id)
    if profile is None:
        profile = ProfileForm(formdata=None, obj=found)
    else:
        profile.record_version.data = found.record_version
    choices = scope_choices()
    history = journal.entries(read, person_id)[::-1][:40]
    page = render_template(
        "accounts/person.html",
        someone=found,
        state=queries.state_of(found),
        profile=profile,
        grant=grant or GrantForm(formdata=None).offer(choices),
        disabling=disabling or DisablingForm(formdata=None),
        problem=problem,
        grants=[given for given in found.grants if given.ended_at is None],
        scopes={scope_id: label for kind, scope_id, label in choices},
        roles=ROLES,
        sessions=queries.sessions_of(read, person_id, now),
        devices=queries.devices_of(read, person_id, now),
        history=history,
        names=_names(read, {entry.person_id for entry in history if entry.person_id}),
    )
    return page, status


def _names(read: Session, ids: set[UUID]) -> dict[UUID, str]:
    return {
        row.id: row.name for row in read.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    }


def _decide(person_id: UUID, work: Callable[[Session, Person], None], done: str) -> Answer:
    """One decision about a person; its refusal is said above the person's page."""
    form = HouseForm(formdata=None)

    def decide(write: Session) -> None:
        work(write, queries.get_visible_to(write, actor(), person_id))

    status = tried(form, decide)
    if status:
        return _page(person_id, status, problem=" ".join(form.form_errors))
    return told(done, "accounts.person", person_id=person_id)


@bp.post("/people/<uuid:person_id>")
@needs(Act.MANAGE_PEOPLE)
def change_person(person_id: UUID) -> Answer:
    form = ProfileForm()
    if not form.validate():
        return _page(person_id, 422, profile=form)

    def work(write: Session) -> None:
        found = queries.get_visible_to(write, actor(), person_id)
        found.expect(form.record_version.data)
        values = (form.name.data, form.language.data, form.time_zone.data)
        people.change(write, found, *values, by=actor().id, now=clock.now())

    status = tried(form, work)
    if status:
        return _page(person_id, status, profile=form)
    return told(_("Saved."), "accounts.person", person_id=person_id)


@bp.post("/people/<uuid:person_id>/disabling")
@needs(Act.MANAGE_PEOPLE)
def disable(person_id: UUID) -> Answer:
    form = DisablingForm()
    if not form.validate():
        return _page(person_id, 422, disabling=form)

    def work(write: Session) -> None:
        found = queries.get_visible_to(write, actor(), person_id)
        people.disable(write, found, form.reason.data, actor().id, clock.now())

    status = tried(form, work)
    if status:
        return _page(person_id, status, disabling=form)
    return told(
        _("This account is disabled and signed out everywhere."), "accounts.person", person_id=person_id
    )


@bp.post("/people/<uuid:person_id>/enabling")
@needs(Act.MANAGE_PEOPLE)
def enable(person_id: UUID) -> Answer:
    return _decide(
        person_id,
        lambda write, found: people.enable(write, found, actor().id, clock.now()),
        _("This account can be used again."),
    )


@bp.post("/people/<uuid:person_id>/grants")
@needs(Act.MANAGE_PEOPLE)
def give_grant(person_id: UUID) -> Answer:
    form = GrantForm().offer(scope_choices())
    if not form.validate():
        return _page(person_id, 422, grant=form)

    def work(write: Session) -> None:
        found = queries.get_visible_to(write, actor(), person_id)
        people.give_grant(write, found, form.grant(), actor().id, clock.now())

    status = tried(form, work)
    if status:
        return _page(person_id, status, grant=form)
    return told(_("The role applies from now on."), "accounts.person", person_id=person_id)


@bp.post("/people/<uuid:person_id>/grants/<uuid:grant_id>/ending")
@needs(Act.MANAGE_PEOPLE)
def end_grant(person_id: UUID, grant_id: UUID) -> Answer:
    return _decide(
        person_id,
        lambda write, found: people.end_grant(write, found, grant_id, actor().id, clock.now()),
        _("The role has ended."),
    )


@bp.post("/people/<uuid:person_id>/sessions/ending")
@needs(Act.MANAGE_PEOPLE)
def end_sessions(person_id: UUID) -> Answer:
    """Every session and every device: the phone may be lost."""

    def work(write: Session, found: Person) -> None:
        sessions.end_all(write, found.id, actor().id, clock.now())

    return _decide(
        person_id, work, _("Signed out everywhere. No device can send work in this name any more.")
    )


@bp.post("/people/<uuid:person_id>/password-reset")
@needs(Act.MANAGE_PEOPLE)
def start_reset(person_id: UUID) -> Answer:
    def work(write: Session, found: Person) -> None:
        if found.disabled_at:
            raise Invalid("person_disabled")
        links.send_reset(write, found, actor().id, clock.now())

    done = _("A mail with a link for a new password is on its way.")
    if config().mail_backend != "smtp":
        email = queries.get_visible_to(reading(), actor(), person_id).email
        done = _(
            "This server sends no mail. Whoever runs it prints the link: "
            "flask --app wsgi people reset %(email)s",
            email=email,
        )
    return _decide(person_id, work, done)


@bp.post("/people/<uuid:person_id>/invitation")
@needs(Act.MANAGE_PEOPLE)
def invite_again(person_id: UUID) -> Answer:
    with transaction() as write:
        found = queries.get_visible_to(write, actor(), person_id)
        secret = (
            None
            if found.password_hash or found.disabled_at
            else links.invite(write, found, actor().id, clock.now())
        )
    if secret is None:
        return _page(person_id, 422, problem=sentence("already_exists"))
    return _invited(found, secret)


@bp.app_template_filter("roles_of")
def roles_of(person: Person) -> list[str]:
    """The roles a person holds now, each once, in the order of the house."""
    held = {given.role for given in person.grants if given.ended_at is None}
    return [str(label) for role, label in ROLES.items() if role.value in held]


@bp.app_template_filter("decision")
def decision(entry: journal.Entry) -> str:
    """A journal entry about a person, in words."""
    words = str(_DECISIONS.get(entry.act, entry.act))
    role = entry.facts.get("role")
    return f"{words}: {ROLES[Role(role)]}" if role else words


_DECISIONS = {
    "person.invited": _l("Invited"),
    "person.changed": _l("Name, language or time zone changed"),
    "person.disabled": _l("Account disabled"),
    "person.enabled": _l("Account enabled"),
    "grant.given": _l("Role given"),
    "grant.ended": _l("Role ended"),
    "password.set": _l("Password set"),
    "link.made": _l("One-time link made"),
    "link.sent": _l("Mail with a one-time link ordered"),
    "session.ended": _l("Session ended"),
    "sessions.ended": _l("Sessions ended"),
    "device.registered": _l("Device prepared for work without signal"),
    "device.revoked": _l("Device shut out"),
    "held.accepted": _l("Held work accepted"),
    "held.dismissed": _l("Held work dismissed"),
    "work.imported": _l("Unsent work brought in from a file"),
}
