"""Who has given the bytes of a photo, and what an admin decided about held work.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "media_holders",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_media_holders_person_id")),
        sa.PrimaryKeyConstraint("sha256", "person_id", name=op.f("pk_media_holders")),
    )
    # until now whoever named a photo could see it: nobody loses what they could see
    op.execute(
        "INSERT INTO media_holders (sha256, person_id, at) "
        "SELECT u.sha256, o.person_id, min(m.received_at) FROM media_uses u "
        "JOIN operations o ON o.id = u.operation_id JOIN media m ON m.sha256 = u.sha256 "
        "GROUP BY u.sha256, o.person_id"
    )
    with op.batch_alter_table("quarantine") as table:
        table.add_column(sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("decided_by", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("reason", sa.Text(), nullable=False, server_default=""))
        table.create_foreign_key(op.f("fk_quarantine_decided_by"), "people", ["decided_by"], ["id"])
