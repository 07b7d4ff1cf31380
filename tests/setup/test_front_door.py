"""The Makefile, the locks and the automation say the same thing."""

from __future__ import annotations

import re
import subprocess
import tomllib

from app.config import ROOT

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
PIN = re.compile(r"^([a-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)", re.MULTILINE)
PROMISED = {"run", "test", "check", "bench", "pictures", "soak", "build", "migrate", "lock", "translations"}


def pins(name: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / name).read_text("utf-8")))


def test_help_lists_every_target_with_what_it_does() -> None:
    said = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = set(re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)[1].split()) - {"set-up", "set-up-all"}  # type: ignore[index]
    listed = dict(re.findall(r"^  ([a-z-]+) +(\S.*)$", said, re.MULTILINE))
    assert set(listed) == targets
    assert targets >= PROMISED
    assert all(len(what.split()) > 1 for what in listed.values())


def test_help_is_what_make_does_when_asked_nothing() -> None:
    assert ".DEFAULT_GOAL := help" in MAKEFILE


def test_the_automation_runs_what_a_person_runs() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert script.read_text("utf-8").splitlines()[-1] == "exec make test"


def test_the_short_lock_is_a_part_of_the_long_one() -> None:
    run, everything = pins("requirements-run.lock"), pins("requirements.lock")
    assert len(run) > 30
    assert run.items() <= everything.items(), "make lock resolves both together"


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    name = re.compile(r"^[A-Za-z0-9._-]+")
    wanted = {name.match(each)[0].lower() for each in project["project"]["dependencies"]}  # type: ignore[index]
    tools = {name.match(each)[0].lower() for each in project["dependency-groups"]["dev"]}  # type: ignore[index]
    assert wanted <= set(pins("requirements-run.lock"))
    assert tools <= set(pins("requirements.lock"))
    assert not (tools - wanted) & set(pins("requirements-run.lock")), "a server needs no test tools"


def test_locks_are_hashed_and_name_no_host() -> None:
    for name in ("requirements.lock", "requirements-run.lock"):
        text = (ROOT / name).read_text("utf-8")
        assert text.count("--hash=sha256:") >= len(pins(name))
        assert "://" not in text
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text("utf-8")
