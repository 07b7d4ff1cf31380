"""docs/operations.md tells the truth about the settings, and the README about the commands."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from app.config import ROOT

READERS = {"value", "number", "flag", "get"}
ROW = re.compile(r"^\| `([A-Z_]+)` \| (.+?) \| (.+?) \|$", re.MULTILINE)
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")


def settings(path: Path) -> dict[str, str | None]:
    """The variables a module reads, with the default where it stands there literally."""
    found: dict[str, str | None] = {}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
        if name not in READERS or not node.args or not isinstance(node.args[0], ast.Constant):
            continue
        variable = str(node.args[0].value)
        if not re.fullmatch(r"[A-Z][A-Z_]+", variable):
            continue
        literal = node.args[1] if len(node.args) > 1 else None
        default = literal.value if isinstance(literal, ast.Constant) else None
        if default is not None and default != "":
            found[variable] = str(int(default) if isinstance(default, bool) else default)
        else:
            found.setdefault(variable, None)
    return found


def test_every_setting_is_on_the_page_with_its_default_and_no_other() -> None:
    read = settings(ROOT / "app" / "config.py") | settings(ROOT / "scripts" / "serve.py")
    rows = {name: default for name, default, _ in ROW.findall(PAGE)}
    assert set(rows) == set(read)
    for name, default in read.items():
        if default is not None and name != "PUBLIC_URL":  # it follows HOST and PORT
            assert f"`{default}`" in rows[name], name


def test_every_make_target_that_the_pages_name_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for page in ("README.md", "CONTRIBUTING.md", "docs/operations.md"):
        text = (ROOT / page).read_text("utf-8")
        named = set(re.findall(r"`(?:[A-Z_]+=\S+ )*make ([a-z-]+)", text))
        assert named, page
        assert named <= targets, page


def test_the_readme_opens_with_what_it_is_a_picture_and_two_commands() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    opening = text.split("```")[0]
    assert opening.startswith("# Plumbline\n\nPlumbline is ")
    shown = re.findall(r'src="(docs/pictures/[^"]+)"', opening)
    assert shown and all((ROOT / picture).exists() for picture in shown)
    commands = [line for line in text.split("```")[1].splitlines() if line]
    assert len(commands) == 2 and commands[1] == "make run"
