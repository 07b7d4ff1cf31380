"""Findings, signatures and revisions: what an ended inspection keeps for ever.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import append_only

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = ("inspection_revisions", "findings")
# What the row of an inspection says of its frozen revision.
KEPT = (
    *("number", "version_id", "site_id", "company_id", "state", "completed_at", "cancelled_at"),
    *("answered", "asked", "score", "grade", "provisional", "vetoed", "result"),
)


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    op.add_column("inspections", sa.Column("revision", sa.Integer(), nullable=False, server_default="1"))
    op.create_table(
        "inspection_revisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspections.id"], name=op.f("fk_inspection_revisions_inspection_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_inspection_revisions_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_revisions")),
        sa.UniqueConstraint(
            "inspection_id", "revision", name=op.f("uq_inspection_revisions_inspection_id_revision")
        ),
    )
    op.create_table(
        "findings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("question", sa.String(length=40), nullable=False),
        sa.Column("section", sa.String(length=40), nullable=False),
        sa.Column("severity", sa.String(length=20), nullable=False),
        sa.Column("rule_severity", sa.String(length=20), nullable=False),
        sa.Column("severity_reason", sa.Text(), nullable=True),
        sa.Column("at_once", sa.Boolean(), nullable=False),
        sa.Column("requirement", sa.Text(), nullable=True),
        sa.Column("statement", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("photos", sa.Text(), nullable=False),
        sa.Column("owner_name", sa.String(length=200), nullable=True),
        sa.Column("owner_contact_id", sa.Uuid(), nullable=True),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("stand", sa.String(length=20), nullable=True),
        sa.Column("stand_text", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspections.id"], name=op.f("fk_findings_inspection_id")
        ),
        sa.ForeignKeyConstraint(
            ["owner_contact_id"], ["contacts.id"], name=op.f("fk_findings_owner_contact_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
        sa.UniqueConstraint(
            "inspection_id", "revision", "number", name=op.f("uq_findings_inspection_id_revision_number")
        ),
    )
    op.create_index(op.f("ix_findings_owner_contact_id"), "findings", ["owner_contact_id"], unique=False)
    op.create_index(op.f("ix_findings_due"), "findings", ["due"], unique=False)
    for table in APPEND_ONLY:
        for trigger in append_only(table, dialect):
            op.execute(trigger)
    for statement in keep_frozen(dialect):
        op.execute(statement)


def keep_frozen(dialect: str) -> list[str]:
    """The trigger that keeps an inspection as its frozen revision says it is, until the next one begins."""
    frozen = (
        "EXISTS (SELECT 1 FROM inspection_revisions r "
        "WHERE r.inspection_id = OLD.id AND r.revision = OLD.revision)"
    )
    differs = "IS NOT" if dialect == "sqlite" else "IS DISTINCT FROM"
    changed = " OR ".join(f"NEW.{column} {differs} OLD.{column}" for column in KEPT)
    begins = "NEW.revision = OLD.revision + 1 AND NEW.state = 'in_progress'"
    refused = (
        f"{frozen} AND NOT ({begins}) AND (NEW.id {differs} OLD.id "
        f"OR NEW.revision {differs} OLD.revision OR {changed})"
    )
    message = "a completed inspection is frozen"
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER inspections_frozen BEFORE UPDATE ON inspections WHEN {refused} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END",
            f"CREATE TRIGGER inspections_frozen_kept BEFORE DELETE ON inspections WHEN {frozen} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END",
        ]
    return [
        "CREATE FUNCTION keep_frozen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'DELETE' THEN IF {frozen} THEN RAISE EXCEPTION '{message}'; END IF; RETURN OLD; END IF; "
        f"IF {refused} THEN RAISE EXCEPTION '{message}'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER inspections_frozen BEFORE UPDATE OR DELETE ON inspections "
        "FOR EACH ROW EXECUTE FUNCTION keep_frozen()",
    ]
