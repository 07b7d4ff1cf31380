"""The server that `make run` starts: on nothing, again, stopped in the middle, and when it cannot."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import sqlite3
import ssl
import stat
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.config import read_config
from app.factory import create_app
from tests.cast import assemble
from tests.setup.house import READY, House, free_port

QUICK = 20.0  # seconds; one on a quiet machine, but tests share it


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, House]]:
    """A house started on an empty data folder."""
    data = tmp_path_factory.mktemp("lived") / "data"
    with House(data) as house:
        yield data, house


def test_an_empty_folder_becomes_a_house_that_is_well(lived_in: tuple[Path, House]) -> None:
    data, house = lived_in
    assert "Migrating the database from nothing" in house.said
    assert f"Plumbline is at http://127.0.0.1:{house.port}" in house.said
    answer = house.health()
    assert answer["ok"], answer
    assert answer["parts"]["database"]["synchronous"] == "FULL"
    assert answer["parts"]["reports"]["ok"], "this machine runs all tests, so it has the renderer's libraries"
    assert stat.S_IMODE((data / "secret_key").stat().st_mode) == 0o600


def test_the_first_admins_link_is_there_once_and_opens(lived_in: tuple[Path, House]) -> None:
    _, house = lived_in
    link = house.found(r"http://127\.0\.0\.1:\d+(/first-admin/\S+)")
    assert house.said.count("/first-admin/") == 1
    assert house.get(link)[0] == 200
    assert house.get("/first-admin/another")[0] != 200


def test_nothing_of_the_renderer_is_loaded_into_the_web_process(lived_in: tuple[Path, House]) -> None:
    _, house = lived_in
    house.health()
    gunicorn = house.child("gunicorn")
    workers = Path(f"/proc/{gunicorn}/task/{gunicorn}/children").read_text().split()
    assert len(workers) == 1, "one web process on SQLite"
    assert "libpango" not in Path(f"/proc/{workers[0]}/maps").read_text()


def test_a_port_in_use_is_a_sentence(lived_in: tuple[Path, House], tmp_path: Path) -> None:
    _, house = lived_in
    second = House(tmp_path / "data", house.port)
    assert second.ended() == 1
    assert second.said.startswith(f"PORT={house.port} is in use by another program.")
    assert "Traceback" not in second.said


@pytest.fixture
def a_house_with_people(tmp_path: Path, migrated_sqlite: Path, config_for: Callable[..., object]) -> Path:
    data = tmp_path / "people"
    data.mkdir()
    shutil.copy(migrated_sqlite, data / "plumbline.db")
    app = create_app(read_config({"PLUMBLINE_DATA": str(data), "PLUMBLINE_DEMO": "0"}))
    assemble(app)
    app.extensions["plumbline.database"].engine.dispose()
    return data


TABLE = "lin.yue@example.com   auditor   correct-horse-9"


def test_a_second_start_prepares_nothing_and_a_request_under_way_is_finished(
    a_house_with_people: Path,
) -> None:
    (a_house_with_people / "demo-sign-ins.txt").write_text(TABLE + "\n")
    with House(a_house_with_people, PLUMBLINE_DEMO="0") as house:
        took = time.monotonic() - house.started
        assert house.health()["ok"]
        assert "Migrating" not in house.said
        assert "first-admin" not in house.said
        assert TABLE not in house.said, "a real installation shows no passwords"
        phone = socket.create_connection(("127.0.0.1", house.port), timeout=30)
        phone.sendall(
            b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 20\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n\r\nemail=lin"
        )
        time.sleep(0.5)
        house.process.send_signal(signal.SIGTERM)
        time.sleep(1.0)
        phone.sendall(b"@example.co")
        answer = phone.recv(4096)
        assert answer.startswith(b"HTTP/1.1 "), "the answer came after the request to stop"
        phone.close()
        assert house.ended() == 0
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", house.port), timeout=5)
    assert took < QUICK
    assert house.said.rstrip().endswith("Stopped.")


def test_a_demo_shows_its_sign_ins_at_every_start_and_stops_when_its_web_process_dies(
    a_house_with_people: Path,
) -> None:
    (a_house_with_people / "demo-sign-ins.txt").write_text(TABLE + "\n")
    with House(a_house_with_people, PLUMBLINE_DEMO="1") as house:
        assert TABLE in house.said
        os.kill(house.child("gunicorn"), signal.SIGKILL)
        assert house.ended() == 1
        assert "The web process stopped by itself" in house.said


def test_a_supervisor_killed_leaves_no_server_behind(a_house_with_people: Path) -> None:
    with House(a_house_with_people) as house:
        gunicorn = house.child("gunicorn")
        house.process.kill()
        until = time.monotonic() + 20
        while Path(f"/proc/{gunicorn}").exists() and time.monotonic() < until:
            time.sleep(0.1)
        assert not Path(f"/proc/{gunicorn}").exists()
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", house.port), timeout=5)


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"PORT": "http"}, "PORT is 'http'; it must be a whole number from 1 to 65535."),
        ({"PLUMBLINE_TIME_ZONE": "Mars"}, "PLUMBLINE_TIME_ZONE is 'Mars'"),
        ({"WEB_CONCURRENCY": "4"}, "WEB_CONCURRENCY above 1 needs PostgreSQL"),
        ({"HOST": "192.0.2.1"}, "HOST=192.0.2.1 is no address of this machine."),
        ({"SECRET_KEY": "secret"}, "SECRET_KEY is too short"),
        ({"DATABASE_URL": "postgresql://127.0.0.1:1/nowhere"}, "The database cannot be used: "),
    ],
)
def test_what_cannot_be_is_a_sentence_not_a_traceback(
    tmp_path: Path, environ: dict[str, str], sentence: str
) -> None:
    house = House(tmp_path / "data", free_port(), **environ)
    assert house.ended() == 1
    assert sentence in house.said
    assert "Traceback" not in house.said


def test_a_data_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    house = House(tmp_path / "file" / "data")
    assert house.ended() == 1
    assert house.said.count("\n") == 1 and str(tmp_path / "file") in house.said


def test_a_database_of_a_newer_version_is_refused(a_house_with_people: Path) -> None:
    with sqlite3.connect(a_house_with_people / "plumbline.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    house = House(a_house_with_people)
    assert house.ended() == 1
    assert "This database was made by a newer Plumbline" in house.said
    assert "Traceback" not in house.said


def test_asked_to_stop_before_it_stands_it_stops_at_once(a_house_with_people: Path) -> None:
    house = House(a_house_with_people)
    house.await_child("gunicorn")  # which is still loading
    asked = time.monotonic()
    house.process.send_signal(signal.SIGTERM)
    assert house.ended() == 0
    assert time.monotonic() - asked < QUICK


def test_asked_to_stop_while_preparing_it_leaves_nobody_behind(tmp_path: Path) -> None:
    house = House(tmp_path / "data", PLUMBLINE_DEMO="1")
    preparing = house.await_child("scripts.prepare")
    house.process.send_signal(signal.SIGTERM)
    assert house.ended() == 0
    assert not Path(f"/proc/{preparing}").exists()
    assert READY not in house.said


def test_an_empty_demo_is_filled_and_its_people_can_sign_in(tmp_path: Path) -> None:
    with House(tmp_path / "data", PLUMBLINE_DEMO="1") as house:
        email, password = re.findall(r"(\S+@\S+\.example) +(\S+)", house.said)[0]
        kept = tmp_path / "data" / "demo-sign-ins.txt"
        assert password in kept.read_text()
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        page = browser.open(f"http://127.0.0.1:{house.port}/sign-in", timeout=20).read().decode()
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert token
        form = {"csrf_token": token[1], "email": email, "password": password}
        home = browser.open(
            f"http://127.0.0.1:{house.port}/sign-in", urllib.parse.urlencode(form).encode(), timeout=20
        )
        assert "/sign-in" not in home.url
        people = tmp_path / "data" / "plumbline.db"
        assert password.encode() not in people.read_bytes()
        assert stat.S_IMODE(people.stat().st_mode) == 0o600


def test_phones_come_in_over_https(a_house_with_people: Path) -> None:
    https_port = free_port()
    everywhere = {"HOST": "0.0.0.0", "HTTPS_PORT": str(https_port)}  # noqa: S104 (what the issue asks for)
    with House(a_house_with_people, **everywhere) as house:
        assert "▀" in house.said and "iPhone" in house.said and "Android" in house.said
        assert f"http://127.0.0.1:{house.port}\n" in house.said
        with urllib.request.urlopen(f"http://127.0.0.1:{house.port}/ca.crt", timeout=20) as answer:
            trusting = ssl.create_default_context(cadata=answer.read())
        secure = http.client.HTTPSConnection("127.0.0.1", https_port, context=trusting, timeout=20)
        secure.request("GET", "/sign-in")
        page = secure.getresponse()
        page.read()
        assert page.status == 200
        cookie = page.headers["Set-Cookie"]
        assert cookie.startswith("__Host-plumbline=") and "; Secure" in cookie
        for address in re.findall(r"^  https://([\d.]+):\d+/$", house.said, re.MULTILINE):
            phone = http.client.HTTPConnection(address, house.port, timeout=20)
            phone.request("GET", "/sign-in", headers={"X-Forwarded-For": "127.0.0.1"})
            sent = phone.getresponse()
            assert sent.status == 307
            assert sent.headers["Location"] == f"https://{address}:{https_port}/sign-in"
            named = http.client.HTTPSConnection(address, https_port, context=trusting, timeout=20)
            named.request("GET", "/health", headers={"X-Forwarded-For": "127.0.0.1"})
            assert named.getresponse().read() == b'{"api":"plumbline/1","ok":true}\n'
    assert house.process.returncode == 0
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", https_port), timeout=5)


def test_the_certificate_is_not_served_where_no_phone_is(lived_in: tuple[Path, House]) -> None:
    assert lived_in[1].get("/ca.crt")[0] == 404
