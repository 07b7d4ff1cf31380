"""Every step of the set-up is done once, and again only when what it is made from has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import set_up
from scripts.system_packages import CannotSetUp


@pytest.fixture
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A checkout of its own; what would be run is written down instead."""
    ran: list[list[str]] = []
    monkeypatch.setattr(set_up, "ROOT", tmp_path)
    monkeypatch.setattr(set_up, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(set_up, "STAMPS", tmp_path / ".venv" / "stamps")
    monkeypatch.setattr(set_up, "run", lambda command, who, **_: ran.append([str(part) for part in command]))
    (tmp_path / ".venv" / "stamps").mkdir(parents=True)
    (tmp_path / ".venv" / "bin").mkdir()
    (tmp_path / "requirements.lock").write_text("a==1\nb==2\n")
    (tmp_path / "requirements-run.lock").write_text("a==1\n")
    return ran


def synced(ran: list[list[str]]) -> list[str]:
    return [Path(command[-1]).name for command in ran]


def test_packages_are_installed_when_the_lock_changed(steps: list[list[str]], tmp_path: Path) -> None:
    set_up.packages("run")
    set_up.packages("run")
    assert synced(steps) == ["requirements-run.lock"]
    (tmp_path / "requirements-run.lock").write_text("a==2\n")
    set_up.packages("run")
    assert len(steps) == 2
    assert "--require-hashes" in steps[0]


def test_serving_never_takes_the_test_tools_away(steps: list[list[str]]) -> None:
    set_up.packages("run")
    set_up.packages("test")
    set_up.packages("run")
    assert synced(steps) == ["requirements-run.lock", "requirements.lock"]


def test_a_step_that_failed_is_tried_again(steps: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise CannotSetUp("uv failed")

    monkeypatch.setattr(set_up, "run", fails)
    with pytest.raises(CannotSetUp):
        set_up.packages("run")
    monkeypatch.setattr(set_up, "run", lambda command, who, **_: steps.append(command))
    set_up.packages("run")
    assert len(steps) == 1


@pytest.mark.parametrize(
    ("answer", "number"), [("v20.20.2\n", 20), ("v18.20.4", 18), ("", 0), ("node: not found", 0), ("v", 0)]
)
def test_the_version_of_node(answer: str, number: int) -> None:
    assert set_up.node_version(answer) == number


@pytest.mark.parametrize(("version", "own"), [("v20.1.0", True), ("v18.20.4", False)])
def test_an_old_node_is_left_alone_and_a_wheel_used(
    steps: list[list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, own: bool
) -> None:
    monkeypatch.setattr(set_up.shutil, "which", lambda name, path: f"/usr/bin/{name}")
    monkeypatch.setattr(set_up, "_output", lambda command: version)
    set_up.node()
    link = (tmp_path / ".venv" / "bin" / "node").readlink()
    assert (str(link) == "/usr/bin/node") is own
    assert any(set_up.NODE_WHEEL in command for command in steps) is not own
    assert (tmp_path / ".venv" / "bin" / "npm").read_text().startswith("#!/bin/sh\nexec ")


def test_a_node_without_npm_is_no_use(steps: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        set_up.shutil, "which", lambda name, path: "/usr/bin/node" if name == "node" else None
    )
    monkeypatch.setattr(set_up, "_output", lambda command: "v22.0.0")
    set_up.node()
    assert any(set_up.NODE_WHEEL in command for command in steps)


def test_a_failing_step_says_who_failed(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CannotSetUp, match=r"^npm failed"):
        set_up.run(["false"], "npm")


def test_a_problem_is_a_sentence_and_a_number(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lacks(*_: object) -> None:
        raise CannotSetUp("Run this as root")

    monkeypatch.setattr(set_up, "install", lacks)
    assert set_up.main(["run"]) == 1
    assert capsys.readouterr().err == "Run this as root\n"
