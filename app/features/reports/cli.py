"""`flask --app wsgi reports verify FILE` and `reports issue NUMBER`: checking and making reports on the
machine.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask import current_app, g
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import select

from app.adapters import seal_public
from app.adapters.claims import Job
from app.adapters.seal_check import CheckRoom
from app.db import new_id, reading
from app.domain.verifying import Verdict
from app.features.reports import queries, words
from app.features.reports.commands import ISSUE
from app.features.reports.models import Report

reports = AppGroup("reports", help="Issued reports: check one, make one.")
WORKS = "plumbline.reports.works"


@reports.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def verify(file: Path) -> None:
    """Say what a PDF is to this installation. Ends with 0 only when it is a report as it was issued here."""
    _speak()
    config = current_app.config["PLUMBLINE"]
    folder = seal_public.folder_in(config.data)
    if seal_public.ca_der(folder) is None:
        raise click.ClickException("This installation has no seal yet; it is made when the worker starts.")
    room = CheckRoom()
    try:
        facts = room.check(file, folder / seal_public.CA, seal_public.roots(folder))
    finally:
        room.close()
    found = queries.verify(reading(), facts, config.public_url)
    _, _, headline, meaning = words.VERDICTS[found.verdict]
    click.echo(f"{headline}. {meaning}")
    for change in facts.changes:
        click.echo(f"  - {words.CHANGES[change]}")
    if found.report is not None:
        click.echo(f"Report {found.report.number}, revision {found.report.revision}, {found.report.language}")
    if found.newer:
        click.echo(f"A newer revision is issued: {found.newer}")
    for seal in facts.seals:
        at = seal.stamped_at or seal.claimed_at
        holds = "holds" if seal.ours and seal.intact else "does not hold"
        click.echo(f"  {seal.field}: {seal.name} ({seal.reason}), {at}, {seal.level}, {holds}")
    click.echo(f"SHA-256 {facts.sha256}")
    sys.exit(0 if found.verdict is Verdict.GENUINE else 1)


@reports.command("issue")
@click.argument("number")
@with_appcontext
def issue(number: str) -> None:
    """Make the reports of this number that are not issued yet, here and now, with this installation's
    seal.
    """
    _speak()
    works = current_app.extensions[WORKS]
    waiting = list(reading().scalars(select(Report).where(Report.number == number, Report.state != "issued")))
    if not waiting:
        raise click.ClickException(f"No report {number} waits to be made.")
    failed = False
    for report in waiting:
        try:
            works.issue(Job(new_id(), ISSUE, {"report": str(report.id)}, 1))
        except Exception as error:  # said below, with what the row knows
            click.echo(f"{type(error).__name__}: {error}", err=True)
        reading().expire_all()
        done = reading().get(Report, report.id)
        assert done is not None
        failed = failed or done.state != "issued"
        click.echo(f"{done.number} r{done.revision} {done.language}: {done.state} {words.problem(done)}")
    sys.exit(1 if failed else 0)


def _speak() -> None:
    """Nobody is signed in on the command line: the installation's language, its time zone."""
    g.actor, g.language = None, current_app.config["PLUMBLINE"].language
