"""After the walk of a unit: re-inspections, disputes, keys handed over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import append_only

revision = "0014"
down_revision = "0013"

APPEND_ONLY = ("rechecks", "handovers")


def upgrade() -> None:
    op.add_column("inspections", sa.Column("repaired", sa.Text(), nullable=True))
    op.create_table(
        "rechecks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("row", sa.Uuid(), nullable=False),
        sa.Column("action_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("result", sa.String(length=10), nullable=False),
        sa.Column("price", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("photos", sa.Text(), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspections.id"], name=op.f("fk_rechecks_inspection_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_rechecks_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rechecks")),
        sa.UniqueConstraint(
            "inspection_id", "revision", "row", name=op.f("uq_rechecks_inspection_id_revision_row")
        ),
    )
    op.create_index(op.f("ix_rechecks_row"), "rechecks", ["row"])
    op.create_index(op.f("ix_rechecks_unit_id"), "rechecks", ["unit_id"])
    op.create_table(
        "disputes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("action_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(length=20), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["action_id"], ["actions.id"], name=op.f("fk_disputes_action_id")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_disputes_company_id")),
        sa.ForeignKeyConstraint(["link_id"], ["links.id"], name=op.f("fk_disputes_link_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_disputes_person_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"], name=op.f("fk_disputes_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
    )
    op.create_index(op.f("ix_disputes_action_id"), "disputes", ["action_id"])
    op.create_index(op.f("ix_disputes_company_id"), "disputes", ["company_id"])
    op.create_table(
        "handovers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("handed_on", sa.Date(), nullable=False),
        sa.Column("languages", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_handovers_unit_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_handovers_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handovers")),
        sa.UniqueConstraint("unit_id", "revision", name=op.f("uq_handovers_unit_id_revision")),
        sa.UniqueConstraint("number", "revision", name=op.f("uq_handovers_number_revision")),
    )
    dialect = op.get_bind().dialect.name
    for table in APPEND_ONLY:
        for trigger in append_only(table, dialect):
            op.execute(trigger)
