"""The only knot: loaders, blueprints, navigation, record kinds, commands, handlers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from flask import Flask
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import CSRFProtect
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adapters import clock, jobs, mail, seal_public
from app.adapters.blobs import LocalBlobs
from app.adapters.pictures import PictureRoom
from app.adapters.plans import TILE_LIMITS, PlanRoom
from app.adapters.seal_check import CheckRoom
from app.backups import issued
from app.backups.cli import backup
from app.config import Config
from app.db import reading, transaction
from app.demo.cli import demo
from app.domain.handover import DueDays
from app.domain.permissions import Act, ScopeKind
from app.features.accounts import cli as accounts_cli
from app.features.accounts import mails as accounts_mails
from app.features.accounts import queries as accounts
from app.features.accounts import routes as accounts_pages
from app.features.accounts.commands import links
from app.features.accounts.routes.people import SCOPE_CHOICES
from app.features.actions import api as actions_api
from app.features.actions import mails as actions_mails
from app.features.actions import routes as actions_pages
from app.features.actions.commands import MAIL as ACTIONS_MAIL
from app.features.actions.commands import ON_SETTLED
from app.features.actions.commands import beside as actions_beside
from app.features.actions.commands import clock as actions_clock
from app.features.actions.commands.defects import open_from_walk
from app.features.actions.commands.freezing import open_from_frozen
from app.features.actions.commands.sighting import note_sightings
from app.features.actions.record import ActionKind
from app.features.actions.report import PAPERS
from app.features.actions.report.register import Registers
from app.features.checklists import api as checklists_api
from app.features.checklists import cli as checklists_cli
from app.features.checklists import routes as checklists_pages
from app.features.companies import routes as companies_pages
from app.features.companies.models import Company
from app.features.evidence import commands as evidence
from app.features.handovers import api as handovers_api
from app.features.handovers import commands as handovers
from app.features.handovers import routes as handovers_pages
from app.features.handovers.commands import again as handovers_again
from app.features.handovers.commands import blocking, disputes, lists, reminding, repairs
from app.features.handovers.commands import warranties as warranty_letters
from app.features.handovers.mails import blocks as blocks_mails
from app.features.handovers.mails import repairs as repairs_mails
from app.features.handovers.mails import warranties as warranties_mails
from app.features.handovers.queries.endings import due as warranties_due
from app.features.handovers.queries.repairs import KIND as REPAIRS
from app.features.handovers.report import HandoverReports
from app.features.handovers.routes.guests import guest_bp as repairs_for_guests
from app.features.inspections import api as inspections_api
from app.features.inspections import commands as inspections_commands
from app.features.inspections import mails as inspections_mails
from app.features.inspections import routes as inspections_pages
from app.features.inspections.queries import walk as walks
from app.features.inspections.queries.telling import concerned, reminders
from app.features.inspections.record import (
    ISSUED_BEFORE,
    ON_AGAIN,
    ON_FROZEN,
    ON_UNIT,
    Frozen,
    InspectionKind,
)
from app.features.inspections.report import InspectionReport
from app.features.links import commands as links_commands
from app.features.links import queries as links_queries
from app.features.links import routes as links_pages
from app.features.operations.commands import forget_expired
from app.features.operations.record import KINDS
from app.features.places import routes as places_pages
from app.features.places.commands.plans import TILES
from app.features.places.jobs import Tiles
from app.features.places.models import Estate
from app.features.places.routes import types as plans_pages
from app.features.reports import api as reports_api
from app.features.reports import cli as reports_cli
from app.features.reports import commands as reports_commands
from app.features.reports import mails as reports_mails
from app.features.reports import queries as reports_queries
from app.features.reports import routes as reports_pages
from app.features.reports.jobs import Works
from app.features.reports.report import REPORTS, ReportKind
from app.features.rescue import api as rescue_api
from app.features.rescue import routes as rescue_pages
from app.features.sync import api as sync
from app.features.sync import routes as sync_pages
from app.web import guests, health, identity, navigation
from app.web.letters import Letter
from app.web.navigation import Place

PAGES = (
    accounts_pages.bp,
    companies_pages.bp,
    places_pages.bp,
    places_pages.estates_bp,
    checklists_pages.bp,
    reports_pages.bp,
    reports_pages.door,
    companies_pages.codes_bp,
    inspections_pages.bp,
    links_pages.bp,
    actions_pages.bp,
    actions_pages.guest_bp,
    actions_pages.feed_bp,
    handovers_pages.bp,
    repairs_for_guests,
    sync_pages.bp,
    rescue_pages.bp,
)
# Devices prove themselves by a header instead of a token that could expire offline (web/origin.py).
APIS = (
    checklists_api.bp,
    reports_api.bp,
    inspections_api.bp,
    actions_api.bp,
    handovers_api.bp,
    sync.bp,
    rescue_api.bp,
)
COMMANDS = (accounts_cli.people_group, checklists_cli.checklists, reports_cli.reports, demo, backup)
REPORT_KINDS: tuple[ReportKind, ...] = (
    InspectionReport(),
    *PAPERS.values(),
    Registers(),
    HandoverReports(),
)  # what reports are made of

PLACES = [
    Place("sync.start", "work", _l("My work"), phone=True),
    Place("inspections.index", "list", _l("Inspections"), phone=True),
    Place("actions.index", "action", _l("Actions"), Act.SEE_ACTIONS, also=("/defect-codes",)),
    Place("sync.start", "plus", _l("Start"), Act.START_INSPECTION, phone=True, desk=False, view="#/start"),
    Place("companies.index", "supplier", _l("Suppliers"), Act.MANAGE_COMPANIES, phone=True),
    Place("estates.index", "layers", _l("Estates"), Act.MANAGE_PLACES),
    Place(
        "sync.start",
        "phone",
        _l("This phone"),
        Act.ANSWER_INSPECTION,
        unless=Act.MANAGE_COMPANIES,
        phone=True,
        desk=False,
        view="#/phone",
    ),
    Place("reports.index", "report", _l("Reports"), Act.SEE_REPORTS),
    Place("checklists.index", "check", _l("Checklists")),
    Place("accounts.people", "people", _l("People"), Act.MANAGE_PEOPLE, also=("/invitations",)),
    Place("rescue.held", "lock", _l("Held work"), Act.SEE_QUARANTINE, also=("/unsent-work",)),
    Place("accounts.me", "me", _l("Me"), phone=True),
]
REMINDERS_AT_ONCE = 200
ABANDONED = timedelta(days=7)  # an upload nobody went on with; the phone has its photo still


def connect(app: Flask, csrf: CSRFProtect) -> None:
    """Registers every feature with the app."""
    for pages in PAGES:
        app.register_blueprint(pages)
    for api in APIS:
        app.register_blueprint(api)
        csrf.exempt(api)
    for commands in COMMANDS:
        app.cli.add_command(commands)
    app.extensions[identity.LOADER] = accounts.person_loader
    app.extensions[SCOPE_CHOICES] = scope_choices
    app.extensions[guests.LOADER] = links_queries.guest_loader
    links_pages.PAGES["action"] = lambda action_id: f"/l/actions/{action_id}"
    links_pages.PAGES[REPAIRS] = lambda estate_id: f"/l/repairs/{estate_id}"
    for told in (actions_beside.stray, lists.stray):
        if told not in links_commands.ON_STRAY:
            links_commands.ON_STRAY.append(told)
    KINDS.add(InspectionKind())
    KINDS.add(ActionKind())
    config: Config = app.config["PLUMBLINE"]
    ISSUED_BEFORE[:] = [lambda inspection_id, number: issued.revision(config.data, inspection_id, number)]
    work = jobs.connect(app)
    work.handle(links.MAIL, posting(config, accounts_mails.letter_for))
    work.handle(inspections_commands.MAIL, posting(config, inspections_mails.letter_for))
    work.handle(ACTIONS_MAIL, posting(config, actions_mails.letter_for))
    work.handle(repairs.MAIL, posting(config, repairs_mails.letter_for))
    work.every("repairs.remind", timedelta(hours=1), remind_of_repairs)
    work.handle(blocking.MAIL, posting(config, blocks_mails.letter_for))
    work.every("handovers.blocks", timedelta(hours=1), say_what_blocks)
    work.handle(warranty_letters.MAIL, posting(config, warranties_mails.letter_for))
    work.every("handovers.warranties", timedelta(hours=1), remind_of_warranties)
    work.every("actions.clock", timedelta(minutes=15), look_at_actions)
    work.every("actions.digest", timedelta(days=7), send_digests)
    blobs = LocalBlobs(config.data / "blobs")
    work.every("quarantine.sweep", timedelta(days=1), forget_held_bodies)
    work.every("issued.keep", timedelta(minutes=1), lambda job: keep_issued(config))
    work.every("blobs.sweep", timedelta(days=1), lambda job: sweep(blobs))
    work.every("inspections.remind", timedelta(hours=1), remind)
    app.extensions[sync.BLOBS] = blobs
    room = PictureRoom()
    app.extensions[sync.ROOM] = room
    app.extensions[plans_pages.BLOBS] = blobs
    app.extensions[plans_pages.ROOM] = PlanRoom()
    tiles = Tiles(blobs, PlanRoom(TILE_LIMITS))
    work.handle(TILES, tiles.make)
    work.every("plan.tiles.missing", timedelta(days=1), tiles.make_missing)
    connect_reports(app, work, config, blobs, room)
    ON_FROZEN[:] = [ask_for_report, partial(open_actions, config.deadlines)]
    ON_AGAIN[:] = [handovers_again.judge_again]
    ON_UNIT[:] = [handovers.settle_unit]
    ON_SETTLED[:] = [handovers.case_settled, disputes.case_settled]
    walks.ALLOWED[:] = [DueDays.read(config.defect_days)]
    health.register(app, "pictures", health.pictures(room), keep=health.KEEP)
    navigation.register(app, PLACES)


def connect_reports(
    app: Flask, work: jobs.Jobs, config: Config, blobs: LocalBlobs, room: PictureRoom
) -> None:
    """The machine that makes reports: what the worker carries out, what the web process may look at."""
    for kind in REPORT_KINDS:
        REPORTS.add(kind)
    if reports_commands.photo_arrived not in evidence.ARRIVED:
        evidence.ARRIVED.append(reports_commands.photo_arrived)
    reports_commands.CONCERNED[InspectionReport.name] = concerned
    works = Works(config, blobs, room)
    work.first(works.start)
    work.handle(reports_commands.ISSUE, works.issue)
    work.handle(reports_commands.SEAL, works.seal)
    work.handle(reports_commands.MAIL, posting(config, reports_mails.letter_for))
    work.every("seal.renew", timedelta(days=1), works.keep_keys)
    app.extensions[reports_cli.WORKS] = works
    app.extensions[reports_pages.BLOBS] = blobs
    app.extensions[reports_pages.ROOM] = CheckRoom()
    health.register(app, "seal", lambda: seal_public.state(seal_public.folder_in(config.data), clock.now()))
    health.register(app, "report_queue", lambda: reports_queries.queue(reading(), clock.now()))


def ask_for_report(session: Session, frozen: Frozen) -> None:
    """What is frozen gets its report, in the language of whoever completed it."""
    reports_commands.request(
        session,
        kind=frozen.kind,
        record_id=frozen.record_id,
        revision=frozen.revision,
        language=frozen.language,
        now=frozen.now,
        person_id=frozen.person_id,
    )


def open_actions(deadlines: str, session: Session, frozen: Frozen) -> None:
    """In the transaction that freezes them major findings, and the defects of a unit, open their cases, and
    the cases of open points learn what was seen of these.
    """
    note_sightings(session, frozen.record_id, frozen.revision, frozen.now)
    handovers_again.settle_rechecks(session, frozen.record_id, frozen.revision, frozen.now, frozen.person_id)
    opened = [
        open_from(
            session,
            frozen.record_id,
            frozen.revision,
            frozen.language,
            frozen.now,
            frozen.person_id,
            deadlines,
        )
        for open_from in (open_from_frozen, open_from_walk)
    ]
    repairs.announce_walk(session, opened[-1], frozen.now)


def sweep(blobs: LocalBlobs) -> None:
    """Removes what uploads left behind that nobody went on with, and photos that nothing ever named."""
    blobs.sweep(clock.now() - ABANDONED)
    with transaction() as session:
        gone = evidence.sweep_orphans(session, clock.now())
    evidence.erase(blobs, gone)


def keep_issued(config: Config) -> None:
    """Frozen revisions and issued reports, once more outside the database."""
    issued.keep(reading(), config.data, clock.now())


def remind(job: jobs.Job) -> None:
    """Due tomorrow, overdue: looked for without a lock, written down in short transactions."""
    now = clock.now()
    wanted = inspections_commands.unsaid(reading(), reminders(reading(), now))
    for start in range(0, len(wanted), REMINDERS_AT_ONCE):
        with transaction() as session:
            inspections_commands.remind(session, wanted[start : start + REMINDERS_AT_ONCE], now)


def say_what_blocks(job: jobs.Job) -> None:
    """Tomorrow's keys that are kept back: looked for without a lock, written down in one transaction."""
    now = clock.now()
    wanted = blocking.unsaid(reading(), now)
    if wanted:
        with transaction() as session:
            blocking.tell(session, wanted, now)


def remind_of_warranties(job: jobs.Job) -> None:
    """Warranties that end soon: looked for without a lock, written down estate by estate."""
    now = clock.now()
    for one in warranties_due(reading(), now):
        with transaction() as session:
            warranty_letters.remind(session, one, now)


def forget_held_bodies(job: jobs.Job) -> None:
    """Held bodies are kept 90 days for an admin to decide, and no longer."""
    with transaction() as session:
        forget_expired(session, clock.now())


def look_at_actions(job: jobs.Job) -> None:
    """Reminders, escalation, the end of a watch: each case in its own short transaction."""
    with transaction() as session:
        due = actions_clock.due_for_look(session, clock.now())
    for action_id in due:
        with transaction() as session:
            actions_clock.look(session, action_id, clock.now())


def remind_of_repairs(job: jobs.Job) -> None:
    """What is due at each estate: each in its own short transaction."""
    for estate_id in reminding.estates_due(reading(), clock.now()):
        with transaction() as session:
            reminding.remind(session, estate_id, clock.now())


def send_digests(job: jobs.Job) -> None:
    with transaction() as session:
        actions_clock.send_digests(session, clock.now())


def scope_choices(session: Session) -> list[tuple[str, UUID, str]]:
    """What a grant can be limited to: companies and estates."""
    tables = ((ScopeKind.COMPANY, Company), (ScopeKind.ESTATE, Estate))
    return [
        (kind.value, key, gettext("%(name)s (estate)", name=name) if table is Estate else name)
        for kind, table in tables
        for key, name in session.execute(
            select(table.id, table.name).where(table.retired_at.is_(None)).order_by(table.name)
        )
    ]


def posting(config: Config, letter_for: Callable[[dict[str, Any], datetime], Letter | None]) -> jobs.Handler:
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
