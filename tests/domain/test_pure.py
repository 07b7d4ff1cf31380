"""The rules stand on the standard library alone, and know no clock, no file and no network."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.domain import errors

DOMAIN = Path(errors.__file__).parent
TWINS = DOMAIN.parent.parent / "static" / "src" / "js" / "domain"
OUTSIDE = {
    "os",
    "io",
    "pathlib",
    "socket",
    "subprocess",
    "time",
    "random",
    "secrets",
    "logging",
    "sqlite3",
    "urllib",
}


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("path", sorted(DOMAIN.glob("*.py")), ids=lambda path: path.name)
def test_a_rule_imports_rules_and_the_standard_library(path):
    for module in imported(path):
        first = module.split(".")[0]
        assert module.startswith("app.domain") or (
            first in sys.stdlib_module_names and first not in OUTSIDE
        ), module
    assert not re.search(r"\b(now|today|utcnow)\(\)", path.read_text(encoding="utf-8"))


def test_loading_the_rules_loads_nothing_else():
    names = ", ".join(f"app.domain.{path.stem}" for path in DOMAIN.glob("*.py") if path.stem != "__init__")
    code = f"import {names}, sys; print([m for m in ('flask', 'sqlalchemy', 'PIL') if m in sys.modules])"
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=DOMAIN.parent.parent, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "[]"


@pytest.mark.parametrize("path", sorted(TWINS.glob("*.js")), ids=lambda path: path.name)
def test_a_twin_imports_twins_only_and_reads_no_clock(path):
    text = path.read_text(encoding="utf-8")
    assert all(source.startswith("./") for source in re.findall(r'from "([^"]+)"', text))
    # a day may be reckoned with; what day it is now is told from outside
    assert not re.search(r"\bDate\.now\b|\bDate\(\)|\bnew Date\b(?!\()", text)
    assert not re.search(r"\bfetch\b|\bdocument\b|\bwindow\b|indexedDB|Math\.random", text)
    assert (DOMAIN / f"{path.stem}.py").exists()
