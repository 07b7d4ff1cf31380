"""Where it listens, what it calls itself, and what stands in the terminal."""

from __future__ import annotations

import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.adapters.schema import newest_revision
from app.config import read_config
from scripts import serve
from scripts.addresses import local_addresses, reaches_others
from scripts.greeting import greeting, qr, sign_ins
from scripts.serve import CannotServe, Place, default_public_url, is_ready, read_place

EVERYWHERE = "0.0.0.0"  # noqa: S104 (a setting, nothing is bound)


def place(proxies: int = 0, sqlite: bool = True, **environ: str) -> Place:
    return read_place(environ, proxies, sqlite)


def test_alone_on_this_machine_unless_asked() -> None:
    assert place() == Place("127.0.0.1", 8000, None, 1)


@pytest.mark.parametrize(
    ("host", "others"),
    [
        ("127.0.0.1", False),
        ("127.0.0.2", False),
        ("::1", False),
        ("localhost", False),
        (EVERYWHERE, True),
        ("::", True),
        ("192.168.1.5", True),
        ("audits.example", True),
    ],
)
def test_phones_get_https_wherever_others_reach_it(host: str, others: bool) -> None:
    assert reaches_others(host) is others
    assert place(HOST=host).https_port == (8443 if others else None)


def test_https_is_left_to_the_operators_proxy_or_switched_off() -> None:
    assert place(proxies=1, HOST=EVERYWHERE).https_port is None
    assert place(HOST=EVERYWHERE, HTTPS_PORT="0").https_port is None
    assert place(HOST=EVERYWHERE, HTTPS_PORT="443").https_port == 443


@pytest.mark.parametrize("name", ["PORT", "HTTPS_PORT", "WEB_CONCURRENCY"])
@pytest.mark.parametrize("value", ["-1", "65536", "8000.5", "٨٠٠٠", "x"])
def test_a_number_that_is_none_is_named(name: str, value: str) -> None:
    with pytest.raises(CannotServe, match=f"^{name} is "):
        place(sqlite=False, **{name: value})


def test_several_web_processes_only_on_postgresql() -> None:
    assert place(sqlite=False, WEB_CONCURRENCY="4").processes == 4
    with pytest.raises(CannotServe, match="PostgreSQL"):
        place(WEB_CONCURRENCY="2")


def test_the_public_url_follows_host_and_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "local_addresses", lambda host: ["192.168.1.5", "10.0.0.5"])
    assert default_public_url(place()) == "http://127.0.0.1:8000"
    assert default_public_url(place(PORT="9000", HOST="::1")) == "http://[::1]:9000"
    assert default_public_url(place(HOST=EVERYWHERE)) == "https://192.168.1.5:8443"
    assert default_public_url(place(HOST=EVERYWHERE, HTTPS_PORT="0")) == "http://127.0.0.1:8000"


def test_the_public_url_of_a_machine_without_a_network_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "local_addresses", lambda host: [])
    assert default_public_url(place(HOST=EVERYWHERE)) == "http://127.0.0.1:8000"


def test_every_default_public_url_is_one_the_settings_accept(tmp_path: Path) -> None:
    for host in ("127.0.0.1", "::1", EVERYWHERE, "192.168.1.5"):
        url = default_public_url(place(HOST=host))
        assert read_config({"PLUMBLINE_DATA": str(tmp_path), "PUBLIC_URL": url}).public_url == url


def test_addresses_of_this_machine() -> None:
    assert local_addresses("192.168.1.5") == ["192.168.1.5"]
    found = local_addresses(EVERYWHERE)
    assert len(found) == len(set(found))
    for address in found:
        with socket.socket() as probe:
            probe.bind((address, 0))  # only a machine's own address can be bound
        assert not address.startswith("127.")


def ready(tmp_path: Path) -> bool:
    return is_ready(read_config({"PLUMBLINE_DATA": str(tmp_path)}))


def test_ready_means_the_present_schema_and_somebody(tmp_path: Path) -> None:
    assert not ready(tmp_path), "no file yet"
    with closing(sqlite3.connect(tmp_path / "plumbline.db")) as database:
        assert not ready(tmp_path), "an empty file"
        database.executescript(
            "CREATE TABLE alembic_version(version_num); CREATE TABLE people(id);"
            "CREATE TABLE installation(demo); INSERT INTO installation VALUES(0);"
            f"INSERT INTO alembic_version VALUES('{newest_revision()}');"
        )
        assert not ready(tmp_path), "nobody"
        database.execute("INSERT INTO people VALUES(1)")
        database.commit()
        assert ready(tmp_path)
        database.execute("UPDATE installation SET demo = 1")
        database.commit()
        assert ready(tmp_path)
        real = read_config({"PLUMBLINE_DATA": str(tmp_path), "PLUMBLINE_DEMO": "0"})
        assert not is_ready(real), "a demo where none is wanted is refused in words"
        database.execute("UPDATE alembic_version SET version_num = '0000'")
        database.commit()
        assert not ready(tmp_path), "an older schema"


def test_postgresql_is_always_looked_at_by_the_preparation(tmp_path: Path) -> None:
    settings = {"PLUMBLINE_DATA": str(tmp_path), "DATABASE_URL": "postgresql://localhost/plumbline"}
    assert not is_ready(read_config(settings))


def test_the_greeting_on_this_machine_is_short() -> None:
    text = greeting("http://127.0.0.1:8000", "Lin Yue   auditor   four-random-words")
    assert text.strip().startswith("Plumbline is at http://127.0.0.1:8000")
    assert "Lin Yue   auditor   four-random-words" in text
    assert "https" not in text and "phone" not in text.lower()


def test_the_greeting_for_phones_says_how_they_come_in() -> None:
    text = greeting(
        "http://127.0.0.1:8000",
        phones=["https://192.168.1.5:8443/", "https://10.0.0.5:8443/"],
        authority="http://192.168.1.5:8000/ca.crt",
        warnings=["Chinese text in reports will not work"],
    )
    for part in (
        "https://192.168.1.5:8443/",
        "https://10.0.0.5:8443/",
        "Open http://192.168.1.5:8000/ca.crt",
        "iPhone",
        "Android",
        "Chinese text in reports will not work",
    ):
        assert part in text
    assert qr("https://192.168.1.5:8443/").rstrip() in text


def test_the_qr_code_is_drawn_with_half_blocks_and_differs_by_address() -> None:
    one, other = qr("https://192.168.1.5:8443/"), qr("https://192.168.1.6:8443/")
    assert one != other
    assert set(one) <= set(" ▀▄█\n")
    lines = one.splitlines()
    assert len({len(line) for line in lines}) == 1 and len(lines) > 12


def test_no_file_no_sign_ins(tmp_path: Path) -> None:
    assert sign_ins(tmp_path / "none") == ""
