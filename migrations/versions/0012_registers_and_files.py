"""Registers of several cases, files on a case, and what a case can be found by: its causes, its measures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db import append_only

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "action_registers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_action_registers_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_registers")),
        sa.UniqueConstraint("number", name=op.f("uq_action_registers_number")),
    )
    op.create_table(
        "action_register_cases",
        sa.Column("register_id", sa.Uuid(), nullable=False),
        sa.Column("action_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["register_id"], ["action_registers.id"], name=op.f("fk_action_register_cases_register_id")
        ),
        sa.ForeignKeyConstraint(
            ["action_id"], ["actions.id"], name=op.f("fk_action_register_cases_action_id")
        ),
        sa.PrimaryKeyConstraint("register_id", "action_id", name=op.f("pk_action_register_cases")),
    )
    op.create_table(
        "action_files",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("action_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["action_id"], ["actions.id"], name=op.f("fk_action_files_action_id")),
        sa.ForeignKeyConstraint(["link_id"], ["links.id"], name=op.f("fk_action_files_link_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_action_files_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_files")),
    )
    op.create_index(op.f("ix_action_files_action_id"), "action_files", ["action_id"], unique=False)
    for table in ("action_registers", "action_register_cases", "action_files"):
        for trigger in append_only(table, op.get_bind().dialect.name):
            op.execute(trigger)
    for name in ("branches", "measure_types"):
        op.add_column("actions", sa.Column(name, sa.String(length=120), nullable=False, server_default=""))
    _find_again()


def _find_again() -> None:
    """What the cases there are can be found by, from their steps as they stand."""
    actions = sa.table(
        "actions",
        *(sa.column(name) for name in ("revision", "branches", "measure_types")),
        sa.column("id", sa.Uuid()),
    )
    steps = sa.table(
        "action_steps",
        *(sa.column(name) for name in ("revision", "step")),
        sa.column("action_id", sa.Uuid()),
        sa.column("content", sa.JSON()),
    )
    database = op.get_bind()
    written = database.execute(
        sa.select(actions.c.id, steps.c.step, steps.c.content)
        .join(steps, sa.and_(steps.c.action_id == actions.c.id, steps.c.revision == actions.c.revision))
        .where(steps.c.step.in_(("cause", "measure")))
    ).all()
    for action_id, step, content in written:
        if step == "cause":
            found = {bone["branch"] for bone in content.get("bones") or () if bone.get("confirmed")}
        else:
            found = {row["type"] for row in content.get("measures") or () if row.get("type")}
        if found:
            name = "branches" if step == "cause" else "measure_types"
            told = f" {' '.join(sorted(found))} "
            database.execute(actions.update().where(actions.c.id == action_id).values({name: told}))
