"""Alembic's door to our models. Run through `flask --app wsgi database migrate` or app.migrate.upgrade()."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, create_engine

from app.config import read_config
from app.models import Base


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        compare_type=True,
        # FTS5 keeps shadow tables that are nobody's model
        include_name=lambda name, kind, _: kind != "table" or not str(name).startswith("search_index"),
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with create_engine(read_config().database_url).connect() as connection:
        run(connection)
        connection.commit()
