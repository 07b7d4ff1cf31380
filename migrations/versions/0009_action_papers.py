"""What the reports of a case say, frozen when they were asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import append_only

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "action_papers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("action_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["action_id"], ["actions.id"], name=op.f("fk_action_papers_action_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_action_papers_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_papers")),
        sa.UniqueConstraint(
            "action_id", "kind", "number", name=op.f("uq_action_papers_action_id_kind_number")
        ),
    )
    for trigger in append_only("action_papers", op.get_bind().dialect.name):
        op.execute(trigger)
