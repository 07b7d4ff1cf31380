"""What a machine lacks is found out, fetched where it can be, and said where it cannot."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.adapters import machine
from scripts import system_packages
from scripts.system_packages import NEEDS, CannotSetUp, Need, apt, install, what_is_missing, what_is_there

ALL = {need.package for need in NEEDS}
RUN = {need.package for need in NEEDS if not need.for_tests}
FONT = Need("fonts-noto-cjk", "Chinese text")
VENV = Need("python3-venv", "environments", vital=True)


def test_a_bare_debian_lacks_everything_in_order() -> None:
    assert [need.package for need in what_is_missing(set(), for_tests=False)] == [
        "python3-venv",
        "libpango-1.0-0",
        "libpangoft2-1.0-0",
        "libharfbuzz-subset0",
        "fonts-noto-cjk",
        "poppler-utils",
    ]


def test_tests_need_a_browser_and_a_postgresql_too() -> None:
    missing = what_is_missing(RUN, for_tests=True)
    assert {need.package for need in missing} == {
        "chromium",
        "postgresql",
        "qpdf",
        "libnss3-tools",
    }
    assert all(need.vital for need in missing), "a missing tool fails the tests, it never skips one"


def test_nothing_is_fetched_that_is_there() -> None:
    assert what_is_missing(ALL, for_tests=True) == []


def test_this_machine_can_run_its_own_tests() -> None:
    assert what_is_there(for_tests=True) == ALL


def test_a_library_that_cannot_be_opened_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(machine.LIBRARIES, "libnowhere.so.9", "libnowhere9")
    assert machine.missing_libraries() == ["libnowhere.so.9"]
    assert machine.missing_packages() == ["libnowhere9"]
    assert "libnowhere9" not in what_is_there(for_tests=False)


def test_a_chinese_font_is_found_by_name_where_fontconfig_is_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(machine.shutil, "which", lambda name: None)
    (tmp_path / "opentype" / "noto").mkdir(parents=True)
    assert not machine.has_chinese_font((tmp_path, tmp_path / "nowhere"))
    (tmp_path / "opentype" / "noto" / "NotoSansCJK-Regular.ttc").touch()
    assert machine.has_chinese_font((tmp_path,))


def test_the_advice_names_the_command() -> None:
    assert machine.advice(["fonts-noto-cjk"]).startswith("Chinese text in reports will not work")
    assert machine.advice(["libpango-1.0-0", "fonts-noto-cjk"]).endswith(
        "apt-get install libpango-1.0-0 fonts-noto-cjk"
    )


def finder(*there: str):  # type: ignore[no-untyped-def]
    return lambda name: f"/usr/bin/{name}" if name in there else None


def test_apt_is_called_as_root_or_through_sudo_and_never_asks() -> None:
    assert apt(0, finder("apt-get"), True) == ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    with_terminal = apt(1000, finder("apt-get", "sudo"), True)
    without = apt(1000, finder("apt-get", "sudo"), False)
    assert with_terminal and with_terminal[0] == "sudo" and "-n" not in with_terminal
    assert without and without[:2] == ["sudo", "-n"], "nobody is there to type a password"
    assert apt(1000, finder("apt-get"), True) is None
    assert apt(0, finder(), True) is None


def test_a_missing_font_is_said_and_the_set_up_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(system_packages, "apt", lambda *_: None)
    install([FONT])
    said = capsys.readouterr().out
    assert "Missing: fonts-noto-cjk, for Chinese text." in said
    assert "apt-get install fonts-noto-cjk" in said


def test_without_what_is_vital_it_stops_with_the_command_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_packages, "apt", lambda *_: None)
    with pytest.raises(CannotSetUp, match=r"apt-get install python3-venv$"):
        install([VENV, FONT])


def test_a_font_that_cannot_be_fetched_does_not_keep_python_away(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[list[str]] = []

    def fake(command: list[str]) -> bool:
        asked.append(command)
        return "fonts-noto-cjk" not in command

    monkeypatch.setattr(system_packages, "apt", lambda *_: ["apt-get"])
    monkeypatch.setattr(system_packages, "_run", fake)
    install([FONT, VENV])
    assert asked[0][-1] == "python3-venv"
    assert ["apt-get", "update", "-q"] in asked, "an old package list is refreshed once"
    assert "Missing: fonts-noto-cjk" in capsys.readouterr().out


def test_what_apt_says_is_shown_only_when_it_fails(capsys: pytest.CaptureFixture[str]) -> None:
    sh = shutil.which("sh") or "/bin/sh"
    assert system_packages._run([sh, "-c", "echo plenty of words"])
    assert capsys.readouterr().out == ""
    assert not system_packages._run([sh, "-c", "echo no such package; exit 100"])
    assert "no such package" in capsys.readouterr().out
