"""Walks of units: inspections of a unit with its rooms, what was frozen of its defects and meters, and the
cases that repair them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import append_only

revision = "0011"
down_revision = "0010"

APPEND_ONLY = ("defects", "meter_readings")


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    uuid = "UUID" if dialect == "postgresql" else "CHAR(32)"
    for name, other in (("unit_id", "units"), ("estate_id", "estates")):
        # in one statement: SQLite would have to make the table anew, and its triggers with it
        op.execute(
            f"ALTER TABLE inspections ADD COLUMN {name} {uuid} "
            f"CONSTRAINT fk_inspections_{name} REFERENCES {other} (id)"
        )
    op.add_column("inspections", sa.Column("rooms", sa.Text(), nullable=True))
    op.create_index("ix_inspections_unit_id", "inspections", ["unit_id"])
    op.create_index("ix_inspections_estate_id_state", "inspections", ["estate_id", "state"])
    op.create_table(
        "defects",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("row", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("room", sa.String(length=12), nullable=True),
        sa.Column("room_name", sa.Text(), nullable=True),
        sa.Column("check", sa.String(length=40), nullable=True),
        sa.Column("trade", sa.String(length=60), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("grade", sa.String(length=1), nullable=False),
        sa.Column("grade_reason", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("pin", sa.Text(), nullable=True),
        sa.Column("contractor_id", sa.Uuid(), nullable=True),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("due_reason", sa.Text(), nullable=True),
        sa.Column("photos", sa.Text(), nullable=False),
        sa.Column("stand", sa.String(length=20), nullable=True),
        sa.Column("stand_text", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspections.id"], name=op.f("fk_defects_inspection_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_defects_unit_id")),
        sa.ForeignKeyConstraint(["contractor_id"], ["companies.id"], name=op.f("fk_defects_contractor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_defects")),
        sa.UniqueConstraint(
            "inspection_id", "revision", "number", name=op.f("uq_defects_inspection_id_revision_number")
        ),
    )
    op.create_index(op.f("ix_defects_unit_id"), "defects", ["unit_id"])
    op.create_index(op.f("ix_defects_contractor_id"), "defects", ["contractor_id"])
    op.create_table(
        "meter_readings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("meter", sa.String(length=20), nullable=False),
        sa.Column("reading", sa.String(length=16), nullable=True),
        sa.Column("number", sa.String(length=60), nullable=True),
        sa.Column("absent", sa.Text(), nullable=True),
        sa.Column("confirmed", sa.Text(), nullable=True),
        sa.Column("problem", sa.String(length=20), nullable=True),
        sa.Column("photos", sa.Text(), nullable=False),
        sa.Column("read_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspections.id"], name=op.f("fk_meter_readings_inspection_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_meter_readings_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meter_readings")),
        sa.UniqueConstraint(
            "inspection_id", "revision", "meter", name=op.f("uq_meter_readings_inspection_id_revision_meter")
        ),
    )
    op.create_index(
        "ix_meter_readings_unit_id_meter_read_on", "meter_readings", ["unit_id", "meter", "read_on"]
    )
    op.create_table(
        "action_defects",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("action_id", sa.Uuid(), nullable=False),
        sa.Column("defect_id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("room", sa.String(length=12), nullable=True),
        sa.ForeignKeyConstraint(["action_id"], ["actions.id"], name=op.f("fk_action_defects_action_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_action_defects_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_defects")),
        sa.UniqueConstraint("action_id", name=op.f("uq_action_defects_action_id")),
        sa.UniqueConstraint("defect_id", name=op.f("uq_action_defects_defect_id")),
        sa.UniqueConstraint("inspection_id", "row", name=op.f("uq_action_defects_inspection_id_row")),
    )
    op.create_index(op.f("ix_action_defects_unit_id"), "action_defects", ["unit_id"])
    for table in APPEND_ONLY:
        for trigger in append_only(table, dialect):
            op.execute(trigger)
