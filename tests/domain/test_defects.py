"""How the defects of a walk read; vectors shared with JavaScript."""

from __future__ import annotations

import pytest

from app.domain.answers import answers
from app.domain.defects import by_class, defects_of, unwritten
from app.domain.rooms import expand
from tests.domain.reading import vectors
from tests.domain.test_findings import state_of

VECTORS = vectors("defects")
DEFINITION = expand(vectors("rooms")["definition"], VECTORS["rooms"])


@pytest.mark.parametrize("vector", VECTORS["defects"], ids=lambda vector: vector["name"])
def test_vector(vector):
    state = state_of(vector["state"])
    found = defects_of(DEFINITION, state)
    assert found == vector["found"]
    assert by_class(found) == vector["by_class"]
    assert unwritten(DEFINITION, answers(state), found) == vector["unwritten"]
