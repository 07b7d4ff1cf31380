"""Open points say under which number, by whom and with which photo they were opened."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    with op.batch_alter_table("open_points") as table:
        table.add_column(sa.Column("number", sa.String(length=20), nullable=False, server_default=""))
        table.add_column(sa.Column("person_id", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("photo", sa.String(length=64), nullable=True))
        table.create_foreign_key(op.f("fk_open_points_person_id"), "people", ["person_id"], ["id"])
