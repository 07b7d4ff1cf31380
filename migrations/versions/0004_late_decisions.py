"""What was decided about late work; and late work is counted on its inspection."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import UtcDateTime, append_only

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_LATE = (
    "SELECT count(*) FROM operations o JOIN operation_fates f ON f.operation_id = o.id "
    "WHERE o.record_id = inspections.id AND f.fate = 'late'"
)


def upgrade() -> None:
    op.create_table(
        "late_decisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_kind", sa.String(length=20), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("operations", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_late_decisions_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_late_decisions")),
    )
    op.create_index(op.f("ix_late_decisions_record_id"), "late_decisions", ["record_id"])
    for statement in append_only("late_decisions", op.get_bind().dialect.name):
        op.execute(statement)
    op.execute(f"UPDATE inspections SET late = ({_LATE})")  # noqa: S608 (our own words)


def downgrade() -> None:
    op.drop_table("late_decisions")
