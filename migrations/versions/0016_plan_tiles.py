"""Plans in tiles, so that a large sheet can be looked at closely."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("plans", sa.Column("tiles", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("plans", "tiles")
