"""What the figures were taken on: without that they say nothing."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
from importlib.metadata import version
from pathlib import Path

from app.config import ROOT
from app.db import journal_mode_for
from bench.table import markdown, ms
from bench.timing import fsyncs
from tests.browser.phone import CHROMIUM

PACKAGES = ("flask", "sqlalchemy", "gunicorn", "whitenoise")


def load_average() -> str:
    return ", ".join(f"{value:.1f}" for value in os.getloadavg())


def facts(load_before: str) -> str:
    """A table of machine, versions and load; also what a durable write costs on this disk."""
    mode = journal_mode_for(sqlite3.sqlite_version_info)
    rows = [
        ("Machine", f"{os.cpu_count()} x {_cpu()}, {_memory()} memory, {_system()}"),
        ("Disk", f"one 4 KB write with fdatasync: {ms(fsyncs(ROOT / 'data'))} (middle of 50)"),
        ("Python", f"{platform.python_version()}, " + ", ".join(f"{p} {version(p)}" for p in PACKAGES)),
        ("SQLite", f"{sqlite3.sqlite_version}, journal_mode={mode}, synchronous=FULL"),
        ("Browser", _chromium()),
        ("Load average", f"{load_before} when it began, {load_average()} when it ended"),
    ]
    return markdown(("", ""), rows)


def _cpu() -> str:
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return names[0] if names else platform.machine()


def _memory() -> str:
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB"


def _system() -> str:
    release = Path("/etc/os-release")
    names = [line for line in release.read_text().splitlines() if line.startswith("PRETTY_NAME=")]
    return names[0].partition("=")[2].strip('"') if names else platform.system()


def _chromium() -> str:
    found = subprocess.run([CHROMIUM, "--version"], capture_output=True, text=True, check=True)
    return found.stdout.partition(" built ")[0].strip()
