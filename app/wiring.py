"""The only knot: loaders, blueprints, navigation, record kinds, commands, handlers."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Flask
from flask.cli import AppGroup
from flask_babel import lazy_gettext as _l
from flask_wtf import CSRFProtect

from app.adapters import clock, jobs, mail
from app.adapters.blobs import LocalBlobs
from app.adapters.pictures import PictureRoom
from app.config import Config
from app.demo.cli import demo
from app.domain.permissions import Act
from app.features.accounts import mails
from app.features.accounts.commands import links
from app.features.inspections.record import InspectionKind
from app.features.operations.record import KINDS
from app.features.sync import api as sync
from app.web import identity, navigation
from app.web.navigation import Place

FEATURES = ("accounts", "companies", "places", "checklists", "inspections", "sync")

ABANDONED = timedelta(days=7)  # an upload nobody went on with; the phone has its photo still

PLACES = [
    Place("sync.start", "work", _l("My work"), phone=True),
    Place("inspections.index", "list", _l("Inspections"), phone=True),
    Place("companies.index", "supplier", _l("Suppliers"), Act.MANAGE_COMPANIES, phone=True),
    Place("checklists.index", "check", _l("Checklists")),
    Place("accounts.people", "people", _l("People"), Act.MANAGE_PEOPLE, also=("/invitations",)),
    Place("accounts.me", "me", _l("Me"), phone=True),
]


def connect(app: Flask, csrf: CSRFProtect) -> None:
    """Registers every feature with the app."""
    # UNDER CONSTRUCTION: modules are found as they arrive; becomes plain imports
    for feature in FEATURES:
        for name in ("routes", "api", "cli"):
            path = f"app.features.{feature}.{name}"
            if importlib.util.find_spec(path) is None:
                continue
            module = importlib.import_module(path)
            for value in vars(module).values():
                if isinstance(value, Blueprint) and value.import_name == path:
                    app.register_blueprint(value)
                    if name == "api":
                        csrf.exempt(value)
                if isinstance(value, AppGroup):
                    app.cli.add_command(value)
    try:
        from app.features.accounts.queries import person_loader

        app.extensions[identity.LOADER] = person_loader
    except ImportError:
        app.extensions[identity.LOADER] = lambda secret: None
    if KINDS.get(InspectionKind.name) is None:
        KINDS.add(InspectionKind())
    config: Config = app.config["PLUMBLINE"]
    work = jobs.connect(app)
    work.handle(links.MAIL, posting(config, mails.letter_for))
    blobs = LocalBlobs(config.data / "blobs")
    work.every("blobs.sweep", timedelta(days=1), lambda job: blobs.sweep(clock.now() - ABANDONED))
    app.extensions[sync.BLOBS] = blobs
    app.extensions[sync.ROOM] = PictureRoom()
    app.cli.add_command(demo)
    navigation.register(app, [place for place in PLACES if place.endpoint in app.view_functions])


def posting(
    config: Config, letter_for: Callable[[dict[str, Any], datetime], mails.Letter | None]
) -> jobs.Handler:
    """Carries out the outbox rows whose letter a feature writes; None: nothing to send any more."""
    mailer = mail.make_mailer(config)

    def post(job: jobs.Job) -> None:
        now = clock.now()
        letter = letter_for(job.payload, now)
        if letter is not None:
            mailer.send(
                mail.build_message(
                    config.mail_from,
                    letter.to,
                    letter.subject,
                    letter.text,
                    str(job.id),
                    now,
                    config.organisation,
                )
            )

    return post
