"""`flask --app wsgi demo load`: what `make run` does with an empty database, unless PLUMBLINE_DEMO=0."""

from __future__ import annotations

import click
from flask import current_app
from flask.cli import AppGroup

from app.adapters import clock
from app.config import Config
from app.db import database, transaction
from app.demo.loading import load
from app.demo.people import SIGN_INS, new_sign_ins, write_sign_ins
from app.domain.errors import Invalid
from app.features.sync.api import BLOBS, ROOM

demo = AppGroup("demo", help="Data to try Plumbline with.")


@demo.command("load")
def load_demo() -> None:
    """Fill the empty database with the demo; passwords go to a file that only you can read."""
    config: Config = current_app.config["PLUMBLINE"]
    if not config.demo:
        raise click.ClickException("PLUMBLINE_DEMO is 0, so there is no demo data.")
    from app import migrate  # Alembic is for those who need it: the web process reads this file too

    if migrate.present(database().engine) != migrate.head():
        raise click.ClickException(
            "The database is not at the present schema; this brings it there: make migrate"
        )
    room = current_app.extensions[ROOM]
    sign_ins = new_sign_ins()
    path = config.data / SIGN_INS
    try:
        with transaction() as session:
            load(session, sign_ins, current_app.extensions[BLOBS], room, config.time_zone, clock.now())
            write_sign_ins(path, sign_ins)  # before the commit: nobody could sign in without it
    except Invalid as error:
        if error.code != "already_exists":
            raise
        raise click.ClickException(
            "There are people in this database; demo data goes only into an empty one. "
            "Name another data folder: PLUMBLINE_DATA=/path make run"
        ) from error
    finally:
        room.close()
    click.echo(path.read_text("utf-8"))
