"""Brings a database to the present schema. Both engines; run before the server starts."""

from __future__ import annotations

from alembic import command
from alembic.config import Config as Alembic
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from app.config import ROOT


def _alembic() -> Alembic:
    return Alembic(str(ROOT / "alembic.ini"))


def head() -> str:
    """The revision this code needs."""
    return str(ScriptDirectory.from_config(_alembic()).get_current_head())


def present(engine: Engine) -> str | None:
    """The revision the database is at; None when it is empty."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine) -> None:
    settings = _alembic()
    with engine.execution_options(writes=True).begin() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")
