"""Signing in and out, invitations, new passwords, the first admin.

The secret of a one-time link leaves the address as soon as it can: its page only shows a button (mail
scanners follow links), the button moves the secret into the cookie, and the form stands at a plain address.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.adapters import clock
from app.adapters.passwords import secret_hash
from app.db import reading, transaction
from app.domain.errors import Invalid, TooMany
from app.domain.permissions import Grant, Role, ScopeKind
from app.features.accounts import queries
from app.features.accounts.commands import links, people, sessions
from app.features.accounts.commands.links import Purpose
from app.features.accounts.forms import (
    AskResetForm,
    FirstAdminForm,
    NewPasswordForm,
    SignInForm,
    WelcomeForm,
    wait_sentence,
    weak_sentence,
)
from app.features.accounts.models import Person
from app.features.accounts.routes import bp, config, enter, home_of, known_browser, remember_browser
from app.web import limits
from app.web.forms import HouseForm
from app.web.identity import current_actor, open_to_anyone, safe_next, signed_in

log = logging.getLogger("plumbline.accounts")

HERE = "5 per minute; 15 per 15 minutes"  # one e-mail from one place
ACCOUNT = "30 per 5 minutes"  # one e-mail from anywhere but browsers it has used
ADDRESS = "40 per minute; 300 per hour"  # any e-mail from one place: an office shares an address
ASKING = "10 per hour"
PAGES = {Purpose.INVITATION: "invitation", Purpose.RESET: "new_password", Purpose.FIRST_ADMIN: "first_admin"}

Answer = Response | str | tuple[str, int] | tuple[str, int, dict[str, str]]


@bp.route("/sign-in", methods=["GET", "POST"])
@open_to_anyone
def sign_in() -> Answer:
    form = SignInForm()
    if not form.is_submitted():
        person = current_actor()
        form.next.data = safe_next(request.args.get("next")) or ""
        return redirect(form.next.data or home_of(person.grants)) if person else _sign_in_page(form)
    if not form.validate():
        return _sign_in_page(form, 422)
    try:
        return _signed_in(form)
    except TooMany as error:
        status = form.refuse(error, wait_sentence(error))
        return *_sign_in_page(form, status), {"Retry-After": str(error.params["retry_after"])}
    except Invalid as error:
        log.info("sign-in refused from %s", request.remote_addr)
        return _sign_in_page(form, form.refuse(error))


def _sign_in_page(form: SignInForm, status: int = 200) -> tuple[str, int]:
    return render_template("accounts/sign_in.html", form=form, organisation=config().organisation), status


def _signed_in(form: SignInForm) -> Response:
    email, kept = form.email.data, bool(form.kept.data)
    who, place = secret_hash(email), known_browser(email) or str(request.remote_addr)
    limits.count("sign-in address", str(request.remote_addr), rates=ADDRESS)
    limits.count("sign-in", who, place, rates=HERE)
    if place == str(request.remote_addr):
        limits.count("sign-in account", who, rates=ACCOUNT)
    checked = sessions.check_password(reading(), email, form.password.data)
    with transaction() as write:
        secret = sessions.start_checked(write, checked, kept, *_where(), clock.now())
        person = write.get_one(Person, checked.person_id)
        start = enter(write, person, secret, kept)
    limits.forget("sign-in", who, place, rates=HERE)
    return remember_browser(redirect(safe_next(form.next.data) or start, 303), email)


def _where() -> tuple[str, str]:
    return str(request.remote_addr), request.user_agent.string


@bp.post("/sign-out")
@signed_in
def sign_out() -> Response:
    present = queries.present_session()
    if present is not None:
        with transaction() as write:
            sessions.sign_out(write, present.id, clock.now())
    session.clear()
    flash(_("You are signed out. What is not sent yet stays on this device until you sign in again."), "good")
    return redirect(url_for("accounts.sign_in"), 303)


@bp.route("/password-reset", methods=["GET", "POST"])
@open_to_anyone
def ask_reset() -> Answer:
    """The same answer for everybody: whether there is an account is not told here."""
    form = AskResetForm()
    if not form.is_submitted():
        return render_template("accounts/ask_reset.html", form=form)
    if not form.validate():
        return render_template("accounts/ask_reset.html", form=form), 422
    try:
        limits.count("password reset", str(request.remote_addr), rates=ASKING)
    except TooMany as error:
        status = form.refuse(error, wait_sentence(error))
        page = render_template("accounts/ask_reset.html", form=form)
        return page, status, {"Retry-After": str(error.params["retry_after"])}
    with transaction() as write:
        links.ask_reset(write, form.email.data, clock.now())
    return render_template("accounts/reset_asked.html", email=form.email.data)


@bp.get("/invitation/<token>", defaults={"purpose": Purpose.INVITATION})
@bp.get("/password-reset/<token>", defaults={"purpose": Purpose.RESET})
@bp.get("/first-admin/<token>", defaults={"purpose": Purpose.FIRST_ADMIN})
@open_to_anyone
def link(purpose: Purpose, token: str) -> Answer:
    """Only a button: fetching the address uses nothing up."""
    try:
        links.find(reading(), purpose, token, clock.now())
    except Invalid:
        return _expired()
    return render_template("accounts/link.html", purpose=purpose.value, token=token)


@bp.post("/one-time-link")
@open_to_anyone
def open_link() -> Response:
    """Moves the secret from the address into the cookie."""
    purpose = request.form.get("purpose", "")
    if purpose not in list(Purpose):
        raise Invalid("link_expired")
    session["link"] = [purpose, request.form.get("token", "")[:100]]
    return redirect(url_for(f"accounts.{PAGES[Purpose(purpose)]}"), 303)


def _expired() -> tuple[str, int]:
    return render_template("accounts/link_expired.html"), 410


def _secret(purpose: Purpose) -> str:
    held = session.get("link") or ["", ""]
    return str(held[1]) if held[0] == purpose.value else ""


def _holder(purpose: Purpose) -> Person:
    token = links.find(reading(), purpose, _secret(purpose), clock.now())
    return reading().get_one(Person, token.person_id)


def _prepared(form: HouseForm, *own_words: str) -> str | None:
    """The hash of the form's password, or None after the form has said why it is refused."""
    try:
        return people.prepared(form.password.data, [*own_words, config().organisation, "Plumbline"])
    except Invalid as error:
        form.refuse(error, weak_sentence(error))
        return None


@bp.route("/invitation", methods=["GET", "POST"])
@open_to_anyone
def invitation() -> Answer:
    try:
        person = _holder(Purpose.INVITATION)
        form = WelcomeForm(obj=person) if request.method == "GET" else WelcomeForm()
        valid = form.is_submitted() and form.validate()
        hashed = _prepared(form, form.name.data, person.email) if valid else None
        if hashed is None:
            page = render_template("accounts/welcome.html", form=form, email=person.email)
            return page, 422 if form.is_submitted() else 200

        def accept(write: Session) -> Person:
            invited = links.use(write, Purpose.INVITATION, _secret(Purpose.INVITATION), clock.now())
            values = (form.name.data, form.language.data, form.time_zone.data)
            people.change(write, invited, *values, by=invited.id, now=clock.now())
            people.set_password(write, invited, hashed, invited.id, clock.now())
            return invited

        return _let_in(accept)
    except Invalid:
        return _expired()


@bp.route("/new-password", methods=["GET", "POST"])
@open_to_anyone
def new_password() -> Answer:
    try:
        person = _holder(Purpose.RESET)
        form = NewPasswordForm()
        valid = form.is_submitted() and form.validate()
        hashed = _prepared(form, person.name, person.email) if valid else None
        if hashed is None:
            page = render_template("accounts/new_password.html", form=form, email=person.email)
            return page, 422 if form.is_submitted() else 200

        def accept(write: Session) -> Person:
            holder = links.use(write, Purpose.RESET, _secret(Purpose.RESET), clock.now())
            people.set_password(write, holder, hashed, holder.id, clock.now())
            return holder

        return _let_in(accept)
    except Invalid:
        return _expired()


@bp.route("/first-admin", methods=["GET", "POST"])
@open_to_anyone
def first_admin() -> Answer:
    try:
        links.find(reading(), Purpose.FIRST_ADMIN, _secret(Purpose.FIRST_ADMIN), clock.now())
        form = FirstAdminForm()
        if not form.is_submitted():
            form.language.data, form.time_zone.data = config().language, config().time_zone
        valid = form.is_submitted() and form.validate()
        hashed = _prepared(form, form.name.data, form.email.data) if valid else None
        if hashed is None:
            return render_template(
                "accounts/first_admin.html", form=form
            ), 422 if form.is_submitted() else 200

        def accept(write: Session) -> Person:
            now = clock.now()
            links.use_first_admin(write, _secret(Purpose.FIRST_ADMIN), now)
            values = (form.email.data, form.name.data, form.language.data, form.time_zone.data)
            person = people.add_person(write, *values, now=now)
            people.give_grant(write, person, Grant(Role.ADMIN, ScopeKind.EVERYTHING), person.id, now)
            people.set_password(write, person, hashed, person.id, now)
            return person

        return _let_in(accept)
    except Invalid:
        return _expired()


def _let_in(accept: Callable[[Session], Person]) -> Response:
    with transaction() as write:
        person = accept(write)
        secret = sessions.start(write, person, False, *_where(), clock.now())
        start = enter(write, person, secret, kept=False)
    return remember_browser(redirect(start, 303), person.email)
