"""`flask --app wsgi backup create|restore`: on the machine only; the web cannot restore, on purpose."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from app.adapters import clock
from app.backups import commands
from app.backups.engines import Unfit
from app.backups.package import Damaged
from app.config import Config
from app.db import database

backup = AppGroup("backup", help="Copies of everything, and going back to one.")


@backup.command("create")
@click.option("--to", type=click.Path(file_okay=False, path_type=Path), help="The folder to write it into.")
@click.option(
    "--with-keys", is_flag=True, help="Also secret_key, tls/ and seal/. Keep such a file locked away."
)
def create(to: Path | None, with_keys: bool) -> None:
    """Write one file with the database, the photos and what was issued. The server goes on meanwhile."""
    config: Config = current_app.config["PLUMBLINE"]
    try:
        made = commands.create(config, to or config.data / "backups", clock.now(), with_keys)
    except Unfit as problem:
        raise click.ClickException(str(problem)) from problem
    click.echo(f"{made.path}: {made.files} files, {made.size / 1e6:,.1f} MB")
    if made.wrong:
        raise click.ClickException(
            "The bytes of these photos are not what they were; they are in the backup as they are now: "
            + ", ".join(made.wrong)
        )


@backup.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Go back to a backup. Stop the server first; phones then send again what came in after it."""
    config: Config = current_app.config["PLUMBLINE"]
    database().engine.dispose()
    try:
        done = commands.restore(config, file, clock.now())
    except Damaged as problem:
        raise click.ClickException(f"{file} is not used: {problem}") from problem
    except Unfit as problem:
        raise click.ClickException(str(problem)) from problem
    click.echo(f"The database is as it was at {done.made_at}; the one before is {done.before}.")
    click.echo(f"{done.blobs} files were added, {done.put_back} rows of issued reports came back.")
    click.echo("Phones will send again what they hold. People, grants and sessions are as they were then:")
    click.echo("end again whatever was ended since (lost phones, people who left).")
