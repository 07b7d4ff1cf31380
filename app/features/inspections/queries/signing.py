"""The signatures of an inspection and whether they count: what was signed against what stands now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from app.domain import signatures
from app.domain.merge import Key, Register
from app.domain.operations import Operation
from app.domain.signatures import Given
from app.features.checklists.models import Version
from app.features.inspections.models import Inspection
from app.features.operations.queries import hashes_of


def signatures_of(
    session: Session,
    row: Inspection,
    state: Mapping[Key, Register],
    fresh: Sequence[Operation] = (),
) -> list[Given]:
    """Every signature and refusal of the inspection, in order, each saying whether it counts.

    `fresh`: operations that shaped `state` and are in no table yet.
    """
    rows = signatures.given(state)
    if not rows:
        return []
    version = session.get(Version, row.version_id)
    assert version is not None
    registers = covered_of(session, state, fresh)
    return signatures.standing(version.sha256, registers, signatures.live_photos(state), rows)


def covered_of(
    session: Session, state: Mapping[Key, Register], fresh: Sequence[Operation] = ()
) -> list[list[str]]:
    """Every register a signature covers, with the hash of its winning operation."""
    hashes = {operation.id: operation.hash for operation in fresh}
    winning = (op for path, field, op in signatures.winning(state) if signatures.is_covered(path, field))
    hashes |= hashes_of(session, [operation_id for operation_id in winning if operation_id not in hashes])
    return signatures.covered(state, hashes)
