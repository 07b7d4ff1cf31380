"""Reports: one row for each record, revision and language, and every state of its file ever issued.

An issued report does not change any more; its files are append-only. Both are held by triggers.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import append_only

revision = "0003"
down_revision = "0002"

ISSUED_IS_ISSUED = {
    "sqlite": [
        f"CREATE TRIGGER reports_no_{change.lower()} BEFORE {change} ON reports WHEN OLD.state = 'issued' "
        "BEGIN SELECT RAISE(ABORT, 'reports is append-only once issued'); END"
        for change in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        "CREATE TRIGGER reports_append_only BEFORE UPDATE OR DELETE ON reports FOR EACH ROW "
        "WHEN (OLD.state = 'issued') EXECUTE FUNCTION refuse_change()",
        "CREATE TRIGGER reports_no_truncate BEFORE TRUNCATE ON reports "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    ],
}


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    op.create_table(
        "reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("progress", sa.Text(), nullable=False),
        sa.Column("error", sa.String(length=60), nullable=False),
        sa.Column("error_params", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("stamp_failures", sa.Integer(), nullable=False),
        sa.Column("verify_id", sa.String(length=32), nullable=False),
        sa.Column("identifier", sa.String(length=32), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("grade", sa.String(length=4), nullable=True),
        sa.Column("date", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("supersedes", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_reports_company_id")),
        sa.ForeignKeyConstraint(["requested_by"], ["people.id"], name=op.f("fk_reports_requested_by")),
        sa.ForeignKeyConstraint(["supersedes"], ["reports.id"], name=op.f("fk_reports_supersedes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint(
            "kind",
            "record_id",
            "revision",
            "language",
            name=op.f("uq_reports_kind_record_id_revision_language"),
        ),
        sa.UniqueConstraint("verify_id", name=op.f("uq_reports_verify_id")),
    )
    for column in ("record_id", "number", "identifier", "company_id", "date"):
        op.create_index(op.f(f"ix_reports_{column}"), "reports", [column], unique=False)
    op.create_index("ix_reports_state_touched_at", "reports", ["state", "touched_at"], unique=False)
    op.create_table(
        "report_files",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("turn", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("seals", sa.Text(), nullable=False),
        sa.Column("authority", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_report_files_report_id")),
        sa.PrimaryKeyConstraint("report_id", "turn", name=op.f("pk_report_files")),
    )
    op.create_index(op.f("ix_report_files_sha256"), "report_files", ["sha256"], unique=False)
    for statement in (*ISSUED_IS_ISSUED[dialect], *append_only("report_files", dialect)):
        op.execute(statement)
