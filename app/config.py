"""Settings: one frozen value read from the environment once, at start.

A bad value stops the start with a sentence that names the variable and says what would be right.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.domain.action_clock import Deadlines
from app.domain.errors import Invalid
from app.domain.handover import DueDays

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("en", "zh-Hans", "zh-Hant")
MAIL_BACKENDS = ("console", "file", "smtp")


class BadSetting(Exception):
    """A setting cannot be used; the text says which and why."""


@dataclass(frozen=True)
class Config:
    data: Path
    database_url: str
    valkey_url: str | None
    public_url: str
    organisation: str
    secret_key: str
    demo: bool
    language: str
    time_zone: str
    mail_backend: str
    mail_from: str
    smtp_url: str | None
    proxies: int
    threads: int
    build: str
    tsa_url: str | None = None
    tsa_roots: Path | None = None
    defect_days: str = ""  # of defects in flats, where they differ from domain/handover.py: "a=5 c=21"
    deadlines: str = ""  # of actions, where they differ from domain/action_clock.py: "contain=48h cause=5d"

    @property
    def https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")


def read_config(environ: Mapping[str, str] = os.environ) -> Config:
    """The settings of this process. Raises BadSetting with a sentence."""

    def value(name: str, default: str) -> str:
        return environ.get(name, "").strip() or default

    def number(name: str, default: int, low: int, high: int) -> int:
        text = value(name, str(default))
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise BadSetting(f"{name} is {text!r}; it must be a whole number from {low} to {high}.")
        return int(text)

    def flag(name: str, default: bool) -> bool:
        text = value(name, "1" if default else "0")
        if text not in ("0", "1"):
            raise BadSetting(f"{name} is {text!r}; it must be 0 or 1.")
        return text == "1"

    data = Path(value("PLUMBLINE_DATA", str(ROOT / "data"))).resolve()
    database_url = value("DATABASE_URL", f"sqlite:///{data / 'plumbline.db'}")
    database_url = database_url.replace("postgres://", "postgresql://", 1)
    if database_url.startswith("postgresql://"):
        database_url = database_url.replace("postgresql://", "postgresql+psycopg://", 1)
    if not database_url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise BadSetting("DATABASE_URL must start with sqlite:/// or postgresql://.")
    public_url = value("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
    parts = urlsplit(public_url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path:
        raise BadSetting(
            f"PUBLIC_URL is {public_url!r}; it must look like https://audits.example.com, without a path."
        )
    language = value("PLUMBLINE_LANGUAGE", "en")
    if language not in LANGUAGES:
        raise BadSetting(f"PLUMBLINE_LANGUAGE is {language!r}; it must be one of {', '.join(LANGUAGES)}.")
    time_zone = value("PLUMBLINE_TIME_ZONE", "Asia/Shanghai")
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadSetting(
            f"PLUMBLINE_TIME_ZONE is {time_zone!r}; it must be a name such as Europe/Paris."
        ) from error
    backend = value("MAIL_BACKEND", "file")
    if backend not in MAIL_BACKENDS:
        raise BadSetting(f"MAIL_BACKEND is {backend!r}; it must be one of {', '.join(MAIL_BACKENDS)}.")
    smtp_url = value("SMTP_URL", "") or None
    if backend == "smtp" and not smtp_url:
        raise BadSetting("MAIL_BACKEND is smtp, so SMTP_URL must say where, for example smtp://mail:587.")
    tsa_url, tsa_roots = value("PLUMBLINE_TSA_URL", "") or None, value("PLUMBLINE_TSA_CA", "")
    if tsa_url and not tsa_url.startswith(("http://", "https://")):
        raise BadSetting(f"PLUMBLINE_TSA_URL is {tsa_url!r}; it must start with https:// or http://.")
    if tsa_url and not Path(tsa_roots or "/").is_file():
        raise BadSetting(
            "PLUMBLINE_TSA_URL is set, so PLUMBLINE_TSA_CA must name a file with the root certificates (PEM) "
            "of that time-stamp authority."
        )
    return Config(
        data=data,
        database_url=database_url,
        valkey_url=value("VALKEY_URL", "") or None,
        public_url=public_url,
        organisation=value("PLUMBLINE_ORGANISATION", "Nordhaven Appliances"),
        secret_key=_secret_key(environ, data),
        demo=flag("PLUMBLINE_DEMO", True),
        language=language,
        time_zone=time_zone,
        mail_backend=backend,
        mail_from=value("MAIL_FROM", f"plumbline@{parts.hostname}"),
        smtp_url=smtp_url,
        proxies=number("PLUMBLINE_PROXIES", 0, 0, 5),
        threads=number("PLUMBLINE_THREADS", 12, 1, 64),
        build=_build(),
        tsa_url=tsa_url,
        tsa_roots=Path(tsa_roots).resolve() if tsa_url else None,
        defect_days=_defect_days(value("PLUMBLINE_DEFECT_DAYS", "")),
        deadlines=_deadlines(value("PLUMBLINE_DEADLINES", "")),
    )


def _secret_key(environ: Mapping[str, str], data: Path) -> str:
    """The key that signs cookies: from the environment, else made once and kept in the data folder.

    A known or short key lets a stranger forge a session (CVE-2023-27524), so it is refused.
    """
    given = environ.get("SECRET_KEY", "")
    if given:
        if len(given) < 32 or len(set(given)) < 10:
            raise BadSetting("SECRET_KEY is too short or too simple; leave it out and one is made for you.")
        return given
    path = data / "secret_key"
    try:
        return path.read_text("ascii")
    except FileNotFoundError:
        pass
    data.mkdir(parents=True, exist_ok=True)
    key = secrets.token_urlsafe(48)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another process of the same start was faster
        return path.read_text("ascii")
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key)
    return key


def _deadlines(text: str) -> str:
    try:
        Deadlines.read(text)
    except Invalid as error:
        raise BadSetting(
            f"PLUMBLINE_DEADLINES is {text!r}; it must look like contain=48h cause=5d, with the steps "
            "contain, cause, measure, measure_complex, implement, check, act."
        ) from error
    return text


def _defect_days(text: str) -> str:
    try:
        DueDays.read(text)
    except Invalid as error:
        raise BadSetting(
            f"PLUMBLINE_DEFECT_DAYS is {text!r}; it must look like a=5 leak=14 c=21, in days from 1 to 365."
        ) from error
    return text


def _build() -> str:
    manifest = ROOT / "static" / "dist" / "manifest.json"
    if not manifest.exists():
        return "unbuilt"
    import json

    return str(json.loads(manifest.read_text("utf-8")).get("build", "unbuilt"))
