"""One's own page: name, language, time zone, theme, password, sessions and devices."""

from __future__ import annotations

from uuid import UUID

from flask import render_template, session
from flask_babel import gettext as _
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.adapters import clock, passwords
from app.db import reading, transaction
from app.domain.errors import Invalid, TooMany
from app.features.accounts import queries
from app.features.accounts.commands import people, sessions
from app.features.accounts.forms import PasswordForm, ProfileForm, wait_sentence, weak_sentence
from app.features.accounts.models import Person, SignedIn
from app.features.accounts.routes import bp, config, told, tried
from app.web import limits
from app.web.identity import actor, signed_in

Answer = Response | str | tuple[str, int]
GUESSES = "5 per minute; 20 per hour"


@bp.get("/me")
@signed_in
def me() -> Answer:
    return _page()


def _page(
    profile: ProfileForm | None = None, password: PasswordForm | None = None, status: int = 200
) -> tuple[str, int]:
    read, now = reading(), clock.now()
    person = read.get_one(Person, actor().id)
    if profile is None:
        profile = ProfileForm(formdata=None, obj=person)
    else:
        profile.record_version.data = person.record_version
    present = queries.present_session()
    page = render_template(
        "accounts/me.html",
        me=person,
        grants=actor().grants,
        profile=profile,
        password=password or PasswordForm(formdata=None),
        sessions=queries.sessions_of(read, person.id, now),
        devices=queries.devices_of(read, person.id, now),
        present=present.id if present else None,
    )
    return page, status


@bp.post("/me")
@signed_in
def change_me() -> Answer:
    form = ProfileForm()
    if not form.validate():
        return _page(profile=form, status=422)

    def work(write: Session) -> None:
        person = write.get_one(Person, actor().id)
        person.expect(form.record_version.data)
        values = (form.name.data, form.language.data, form.time_zone.data)
        people.change(write, person, *values, by=person.id, now=clock.now())

    status = tried(form, work)
    return _page(profile=form, status=status) if status else told(_("Saved."), "accounts.me")


@bp.post("/me/password")
@signed_in
def change_password() -> Answer:
    """Needs the present password; ends every other session and gives this one a new secret."""
    form = PasswordForm()
    if not form.validate():
        return _page(password=form, status=422)
    person = reading().get_one(Person, actor().id)
    try:
        limits.count("present password", str(person.id), rates=GUESSES)
        if not passwords.fits(form.current.data, person.password_hash):
            raise Invalid("password_wrong", field="current")
        hashed = people.prepared(form.password.data, [person.name, person.email, config().organisation])
    except TooMany as error:
        return _page(password=form, status=form.refuse(error, wait_sentence(error)))
    except Invalid as error:
        text = weak_sentence(error) if error.code == "password_weak" else None
        return _page(password=form, status=form.refuse(error, text))
    present = queries.present_session()
    secret = passwords.new_secret()
    with transaction() as write:
        row = write.get_one(Person, person.id)
        people.set_password(write, row, hashed, row.id, clock.now(), but=present.id if present else None)
        if present:
            renewed = update(SignedIn).where(SignedIn.id == present.id)
            write.execute(renewed.values(secret_hash=passwords.secret_hash(secret)))
    session["sid"] = secret
    return told(_("The new password is set. You are signed out everywhere else."), "accounts.me")


@bp.post("/me/sessions/<uuid:session_id>/ending")
@signed_in
def end_session(session_id: UUID) -> Response:
    with transaction() as write:
        sessions.end(write, actor().id, session_id, actor().id, clock.now())
    return told(_("That session has ended."), "accounts.me")


@bp.post("/me/devices/<uuid:device_id>/ending")
@signed_in
def end_device(device_id: UUID) -> Response:
    present = queries.present_session()
    with transaction() as write:
        but = present.id if present else None
        sessions.revoke_device(write, actor().id, device_id, actor().id, clock.now(), but=but)
    return told(_("That device can no longer send work in your name."), "accounts.me")
