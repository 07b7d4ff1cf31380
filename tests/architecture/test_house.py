"""Rules of the house that no linter knows (DESIGN §3, §6), read from the files themselves."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest
from flask import Flask

from app.config import ROOT
from app.domain.errors import CODES
from app.web.sentences import SENTENCES

FEATURES = ROOT / "app" / "features"
TEMPLATES = ROOT / "templates"
# What DESIGN §3 names; mails (letters) and words (codes in the reader's language) were added, decision 0004.
ROOMS = {
    "mails",
    "words",
    "models",
    "queries",
    "commands",
    "forms",
    "routes",
    "api",
    "record",
    "frozen",  # what a revision of a record keeps for ever
    "report",
    "cli",
}
DATA = {"library", "__pycache__", "__init__"}


def python(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_every_refusal_has_its_sentence() -> None:
    assert CODES - set(SENTENCES) == set()
    assert set(SENTENCES) - CODES == set(), "a sentence for a code that nobody raises"


def test_sentences_are_sentences(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        sentences = {code: str(text) for code, text in SENTENCES.items()}
    for code, words in sentences.items():
        assert words[0].isupper() and words.rstrip(")")[-1] in ".:", f"{code}: {words}"
        assert "!" not in words and "oops" not in words.lower(), f"{code}: {words}"
        assert not set(string.punctuation) & set(code.replace("_", "")), code


@pytest.mark.parametrize(
    "feature", sorted(p.name for p in FEATURES.iterdir() if p.is_dir() and p.name[0] != "_")
)
def test_a_feature_has_only_rooms_with_known_names(feature: str) -> None:
    found = {path.stem for path in (FEATURES / feature).iterdir()}
    assert found - ROOMS - DATA == set()


def test_commands_know_neither_flask_nor_commit() -> None:
    for path in python(FEATURES):
        place = path.relative_to(FEATURES).parts
        if len(place) < 2 or place[1].removesuffix(".py") not in ("commands", "models", "record"):
            continue
        assert not {name for name in imports(path) if name.split(".")[0].startswith("flask")}, path
        assert ".commit(" not in path.read_text("utf-8"), path


def test_nobody_reads_the_clock_but_the_clock() -> None:
    wrong = re.compile(r"datetime\.now\(|datetime\.utcnow\(|time\.time\(|date\.today\(")
    for path in python(ROOT / "app"):
        if path.name == "clock.py":
            continue
        if path.relative_to(ROOT / "app").parts[0] in ("features", "domain", "web"):
            assert not wrong.search(path.read_text("utf-8")), path


def test_there_is_no_drawer_for_everything() -> None:
    names = {path.stem for path in python(ROOT / "app")}
    assert not names & {"util", "utils", "helpers", "common", "misc"}


def templates() -> list[Path]:
    return sorted(TEMPLATES.rglob("*.html"))


@pytest.mark.parametrize("path", templates(), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_templates_keep_the_content_policy_and_escape_everything(path: Path) -> None:
    text = path.read_text("utf-8")
    for pattern, why in (
        (r"\|\s*safe\b", "|safe lets markup of users through"),
        (r"autoescape\s+false", "autoescape must stay on"),
        (r"\sstyle=", "a style attribute breaks the policy"),
        (r"<style\b", "an inline style breaks the policy"),
        (r"\son[a-z]+=", "an inline handler breaks the policy"),
        (r"hx-on", "hx-on needs eval"),
        (r"hx-(?:vals|headers)=['\"]js:", "js: needs eval"),
        (r"hx-trigger=['\"][^'\"]*\[", "trigger filters need eval"),
        (r"<script(?![^>]*\ssrc=)", "an inline script breaks the policy"),
        (r"(?:src|href)=['\"]https?:", "nothing is fetched from elsewhere"),
    ):
        assert not re.search(pattern, text), f"{path.name}: {why}"
    for form in re.findall(r"<form\b.*?</form>", text, flags=re.S):
        if re.search(r"method=['\"]post['\"]", form, flags=re.I):
            assert "csrf_token" in form or "hidden(" in form, f"{path.name}: a form without its CSRF token"


def test_markup_is_made_only_where_it_is_escaped() -> None:
    """`Markup(` with anything but a literal would let text of users through."""
    allowed = {"assets.py"}  # the sprite and the shell's icons: our own files
    for path in python(ROOT / "app"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Markup" and node.args:
                literal = isinstance(node.args[0], ast.Constant)
                assert literal or path.name in allowed, f"{path}: line {node.lineno}"


def test_nothing_generated_is_in_the_repository() -> None:
    ignored = (ROOT / ".gitignore").read_text("utf-8")
    for folder in ("/.venv/", "/node_modules/", "/static/dist/", "/data/"):
        assert folder in ignored
