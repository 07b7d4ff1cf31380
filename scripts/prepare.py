"""Before serving: the database at the present schema, demo data or the first admin's link when it is empty.

`python -m scripts.prepare` needs seconds, so scripts/serve.py calls it only when something is to be done.
"""

from __future__ import annotations

import contextlib
import io
import sys

import click
from alembic.util.exc import CommandError
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app import db, migrate
from app.adapters import clock
from app.demo.cli import load_demo

DEMO_STAYS = """\
This data folder holds the demo, and a demo never becomes a real installation. Start a real one in another
folder: PLUMBLINE_DATA=/path make run; or go on with the demo: PLUMBLINE_DEMO=1 make run"""


def main(arguments: list[str]) -> int:
    from wsgi import app  # says a bad setting in a sentence and ends

    with app.app_context():
        try:
            _migrate()
            if _is_demo() and not app.config["PLUMBLINE"].demo:
                print(DEMO_STAYS, file=sys.stderr)
                return 1
            if "--migrate-only" in arguments or not _nobody_yet():
                return 0
        except OperationalError as problem:
            print(f"The database cannot be used: {str(problem.orig).strip()}", file=sys.stderr)
            return 1
        except CommandError as problem:
            print(
                f"This database was made by a newer Plumbline ({problem}). Install that one, or a backup.",
                file=sys.stderr,
            )
            return 1
        return _load_demo() if app.config["PLUMBLINE"].demo else _invite_first_admin(app)


def _migrate() -> None:
    engine = db.database().engine
    before, needed = migrate.present(engine), migrate.head()
    if before != needed:
        print(f"Migrating the database from {before or 'nothing'} to {needed} …", flush=True)
        migrate.upgrade(engine)


def _is_demo() -> bool:
    return bool(db.reading().execute(text("SELECT demo FROM installation")).scalar())


def _nobody_yet() -> bool:
    return db.reading().execute(text("SELECT 1 FROM people LIMIT 1")).first() is None


def _load_demo() -> int:
    """`demo load` fills the empty database and writes data/demo-sign-ins.txt (0600), shown at every start."""
    print("Loading the demo data …", flush=True)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            load_demo.main([], standalone_mode=False)
    except click.ClickException as problem:
        print(problem.format_message(), file=sys.stderr)
        return 1
    return 0


def _invite_first_admin(app: Flask) -> int:
    """The link is shown once and stored as a hash; as long as nobody used it, each start makes a new one."""
    from app.features.accounts.commands.links import ensure_first_admin_token

    with db.transaction() as session:
        token = ensure_first_admin_token(session, clock.now())
    if token:
        public_url = app.config["PLUMBLINE"].public_url
        print(
            f"Nobody is here yet. Become the first admin, once, here:\n\n  {public_url}/first-admin/{token}\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
