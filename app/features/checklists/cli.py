"""`flask --app wsgi checklists load`: what comes with Plumbline, published if it is not there yet."""

from __future__ import annotations

from flask.cli import AppGroup

from app.adapters import clock
from app.db import transaction
from app.features.checklists import commands

checklists = AppGroup("checklists", help="Checklists that come with Plumbline.")


@checklists.command("load")
def load() -> None:
    """Publish the library's checklists that are missing."""
    with transaction() as session:
        published = commands.load_library(session, clock.now())
    for version in published:
        print(f"Published {version.checklist.code} version {version.number}.")
    if not published:
        print("Every checklist of the library is there.")
