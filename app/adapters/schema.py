"""Which migration the code needs, read from the files: quick, and without loading Alembic into a server.

`migrations/versions` holds numbers and words, one head, each naming the one before (a test holds this to what
Alembic itself says).
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

VERSIONS = Path(__file__).resolve().parents[2] / "migrations" / "versions"
REVISION = re.compile(r"^revision(?:: str)? = \"(\w+)\"", re.MULTILINE)


@cache
def newest_revision() -> str:
    """The revision of the last migration file. Raises LookupError when there is none."""
    files = sorted(VERSIONS.glob("[0-9]*.py"))
    found = REVISION.search(files[-1].read_text("utf-8")) if files else None
    if found is None:
        raise LookupError("migrations/versions holds no migration")
    return found[1]
