"""Which Debian packages are missing, and installing them. Standard library only, never asks a question."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.adapters.machine import FONT_PACKAGE, LIBRARIES, has_chinese_font, missing_libraries


class CannotSetUp(Exception):
    """The machine lacks something; the text says what, and what to do."""


@dataclass(frozen=True)
class Need:
    """One Debian package and what it is for. `vital`: without it nothing starts; else it is only said."""

    package: str
    purpose: str
    for_tests: bool = False
    vital: bool = False


# draws floor plans that come as PDF; the tests read finished reports with it too
POPPLER = "poppler-utils"
# command → the Debian package that brings it, and what the tests ask of it
REPORT_TOOLS = {
    "qpdf": ("qpdf", "checking the syntax of finished reports"),
    "certutil": ("libnss3-tools", "trusting our certificate as a reader does"),
}

NEEDS = (
    Need("python3-venv", "Python's virtual environments", vital=True),
    *(Need(package, "PDF reports") for package in LIBRARIES.values()),
    Need(FONT_PACKAGE, "Chinese text in PDF reports"),
    Need(POPPLER, "floor plans as PDF"),
    Need("chromium", "tests in a real browser", for_tests=True, vital=True),
    Need("postgresql", "tests on a real PostgreSQL", for_tests=True, vital=True),
    *(Need(package, purpose, for_tests=True, vital=True) for package, purpose in REPORT_TOOLS.values()),
)


def what_is_there(for_tests: bool) -> set[str]:
    """The packages of NEEDS whose work this machine can already do, wherever that came from."""
    lacking = {LIBRARIES[name] for name in missing_libraries()}
    there = set(LIBRARIES.values()) - lacking
    if _can_make_environments():
        there.add("python3-venv")
    if has_chinese_font():
        there.add(FONT_PACKAGE)
    if all(shutil.which(tool) for tool in ("pdftoppm", "pdfinfo", "pdfsig")):
        there.add(POPPLER)
    if for_tests:
        if shutil.which("chromium"):
            there.add("chromium")
        if any(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
            there.add("postgresql")
        there.update(package for tool, (package, _) in REPORT_TOOLS.items() if shutil.which(tool))
    return there


def _can_make_environments() -> bool:
    try:
        import ensurepip  # noqa: F401 (Debian keeps it in python3-venv)
    except ImportError:
        return False
    return True


def what_is_missing(there: set[str], for_tests: bool) -> list[Need]:
    """The needs that nothing on this machine fulfils, in the order they are installed."""
    return [need for need in NEEDS if need.package not in there and (for_tests or not need.for_tests)]


def apt(uid: int, find: Callable[[str], str | None], terminal: bool) -> list[str] | None:
    """How apt-get is called here: as root, or through sudo; None when neither is possible.

    Without a terminal nobody could type a password, so sudo must not wait for one.
    """
    if find("apt-get") is None:
        return None
    if uid == 0:
        return ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    if find("sudo") is None:
        return None
    return ["sudo", *([] if terminal else ["-n"]), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]


def install(missing: list[Need]) -> None:
    """Installs what is missing. What is not vital may fail: it is said, and the set-up goes on.

    Raises CannotSetUp with the command to run by hand.
    """
    command = apt(os.geteuid(), shutil.which, sys.stdin.isatty())
    for vital in (True, False):  # a font that cannot be fetched must not keep Python away
        group = [need for need in missing if need.vital is vital]
        if not group or (command and _fetch(command, [need.package for need in group])):
            continue
        for need in group:
            print(f"Missing: {need.package}, for {need.purpose}.", flush=True)
        by_hand = f"Run this as root, then try again: apt-get install {' '.join(n.package for n in group)}"
        if vital:
            raise CannotSetUp(by_hand)
        print(by_hand, flush=True)


def _fetch(command: list[str], packages: list[str]) -> bool:
    print(f"Installing {', '.join(packages)} …", flush=True)
    fetch = [*command, "install", "-y", "-q", "--no-install-recommends", *packages]
    return _run(fetch) or (_run([*command, "update", "-q"]) and _run(fetch))


def _run(command: list[str]) -> bool:
    """Runs apt-get; its many words are shown only when it fails."""
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if ran.returncode:
        print("\n".join(ran.stdout.splitlines()[-5:]), flush=True)
    return ran.returncode == 0
