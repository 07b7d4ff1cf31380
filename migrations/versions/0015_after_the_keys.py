"""After the keys: defects that show later, and who was told that a warranty ends."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import append_only

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    # a defect that shows after the handover has its case, but no walk that found it
    with op.batch_alter_table("action_defects") as table:
        table.alter_column("defect_id", existing_type=sa.Uuid(), nullable=True)
        table.alter_column("inspection_id", existing_type=sa.Uuid(), nullable=True)
        table.alter_column("row", existing_type=sa.Uuid(), nullable=True)
        table.add_column(sa.Column("later", sa.Text(), nullable=True))
    op.create_table(
        "warranty_reminders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("clock", sa.String(length=20), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("before", sa.Integer(), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["estate_id"], ["estates.id"], name=op.f("fk_warranty_reminders_estate_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_warranty_reminders_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warranty_reminders")),
        sa.UniqueConstraint(
            "unit_id",
            "category",
            "clock",
            "until",
            "before",
            name=op.f("uq_warranty_reminders_unit_id_category_clock_until_before"),
        ),
    )
    op.create_index(
        op.f("ix_warranty_reminders_estate_id_told_on"), "warranty_reminders", ["estate_id", "told_on"]
    )
    for trigger in append_only("warranty_reminders", op.get_bind().dialect.name):
        op.execute(trigger)
