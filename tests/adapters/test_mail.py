"""Letters: no header can be slipped in, and each way of sending says when it could not."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, ClassVar

import pytest

from app.adapters import certificates
from app.adapters.mail import ConsoleMail, FileMail, SmtpMail, build_message, make_mailer, smtp_from_url
from app.config import read_config
from app.domain.errors import Invalid, Unavailable

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
TEXT = "Lin Yue 您好，\n\n审核已计划。\n.\nhttp://localhost/inspections/1?x=1&y=2\n" + "long " * 300 + "\n"


def letter(**changes: str) -> EmailMessage:
    parts = {
        "sender": "plumbline@example.com",
        "to": "lin.yue@example.com",
        "subject": "审核：苏州恒达, 30 Nov" + " very" * 30,
        "text": TEXT,
        "key": "0199-abc",
        "sender_name": "Nordhaven, Ltd.",
    }
    return build_message(**{**parts, **changes}, now=NOW)


def content_of(message: EmailMessage) -> str:
    return str(message.get_content()).replace("\r\n", "\n")


def test_a_letter_reads_back_as_it_was_written() -> None:
    content = letter().as_bytes()
    assert all(len(line) <= 998 and line.isascii() for line in content.split(b"\r\n"))
    read = message_from_bytes(content, policy=policy.default)
    assert read["Subject"] == "审核：苏州恒达, 30 Nov" + " very" * 30
    assert read["To"].addresses[0].addr_spec == "lin.yue@example.com"
    assert read["From"].addresses[0].display_name == "Nordhaven, Ltd."
    assert read["Message-ID"] == "<0199-abc@example.com>"
    assert read["Auto-Submitted"] == "auto-generated" and read["Date"].datetime == NOW
    assert content_of(read) == TEXT


@pytest.mark.parametrize("field", ["sender", "to", "subject", "key", "sender_name"])
@pytest.mark.parametrize("evil", ["x@example.com\r\nBcc: all@example.com", "x@example.com\nBcc: y", "x\x00"])
def test_no_header_can_be_slipped_in(field: str, evil: str) -> None:
    with pytest.raises(Invalid) as caught:
        letter(**{field: evil})
    assert caught.value.code == "mail_header_unsafe"


@pytest.mark.parametrize(
    "to", ["", "nobody", "a@example.com, b@example.com", "a@example.com;b@example.com", "@"]
)
def test_one_address_and_no_more(to: str) -> None:
    with pytest.raises(Invalid) as caught:
        letter(to=to)
    assert caught.value.code == "not_an_email"


def test_files_and_the_console(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mailer = FileMail(tmp_path / "mail")
    mailer.send(letter(key="first"))
    mailer.send(letter(key="../../second"))
    files = sorted((tmp_path / "mail").iterdir())
    assert len(files) == 2 and all(
        file.suffix == ".eml" and file.stat().st_mode & 0o077 == 0 for file in files
    )
    read = message_from_bytes(files[0].read_bytes(), policy=policy.default)
    assert content_of(read) == TEXT
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable):
        FileMail(tmp_path / "file").send(letter())
    ConsoleMail().send(letter())
    assert "审核已计划" in capsys.readouterr().err


class SmtpHandler(socketserver.StreamRequestHandler):
    """Just enough SMTP to hear what a client says."""

    context: ClassVar[ssl.SSLContext]
    server: SmtpServer

    def handle(self) -> None:
        self.tls = False
        self.say("220 test")
        while line := self.rfile.readline().decode().strip():
            verb = line.upper().split()[0]
            self.server.heard.append(line)
            if verb in self.server.refuses:
                self.say(self.server.refuses[verb])
            elif verb == "EHLO":
                offers = ["test", *(["AUTH PLAIN"] if self.tls else []), *self.server.offers]
                for place, offer in enumerate(offers, 1):
                    self.say(f"250{'-' if place < len(offers) else ' '}{offer}")
            elif verb == "STARTTLS":
                self.say("220 go on")
                wrapped = self.context.wrap_socket(self.connection, server_side=True)
                self.tls, self.rfile, self.wfile = True, wrapped.makefile("rb"), wrapped.makefile("wb", 0)
            elif verb == "AUTH":
                self.say("235 welcome")
            elif verb == "DATA":
                self.say("354 go on")
                body = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    body += part.removeprefix(b".")
                self.server.letters.append((self.tls, body))
                self.say("250 taken")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 fine")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class SmtpServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), SmtpHandler)
        self.letters: list[tuple[bool, bytes]] = []
        self.heard: list[str] = []
        self.refuses: dict[str, str] = {}
        self.offers = ["STARTTLS"]

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up in the middle is part of the tests."""


@pytest.fixture
def smtp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmtpServer]:
    SmtpHandler.context = certificates.server_context(tmp_path / "tls", ["localhost"])
    pem = ssl.DER_cert_to_PEM_cert(certificates.ca_der(tmp_path / "tls"))
    (tmp_path / "trusted.pem").write_text(pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted.pem"))
    with SmtpServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_smtp_with_starttls_and_a_password(smtp: SmtpServer) -> None:
    SmtpMail("localhost", smtp.port, "me", "secret", "start").send(letter())
    (over_tls, body) = smtp.letters[0]
    assert over_tls
    assert content_of(message_from_bytes(body, policy=policy.default)) == TEXT
    said = " ".join(smtp.heard)
    assert (
        said.index("STARTTLS") < said.index("AUTH") < said.upper().index("MAIL FROM:<PLUMBLINE@EXAMPLE.COM>")
    )
    assert "rcpt TO:<lin.yue@example.com>" in said


def test_without_the_promised_tls_nothing_is_sent(smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    smtp.offers = ["SIZE 1000000"]
    with pytest.raises(Unavailable) as caught:
        SmtpMail("localhost", smtp.port, "me", "secret", "start").send(letter())
    assert caught.value.code == "mail_not_sent"
    smtp.offers = ["STARTTLS"]
    monkeypatch.delenv("SSL_CERT_FILE")  # now nobody vouches for this server
    with pytest.raises(Unavailable):
        SmtpMail("localhost", smtp.port, "me", "secret", "start").send(letter())
    assert smtp.letters == [] and "AUTH" not in " ".join(smtp.heard)


def test_a_password_smtplib_cannot_send(smtp: SmtpServer) -> None:
    with pytest.raises(Unavailable):
        SmtpMail("localhost", smtp.port, "me", "秘密", "start").send(letter())


def test_plain_smtp_on_this_machine(smtp: SmtpServer) -> None:
    smtp_from_url(f"smtp://127.0.0.1:{smtp.port}").send(letter())
    assert [over_tls for over_tls, _ in smtp.letters] == [False]


@pytest.mark.parametrize(
    ("verb", "answer", "code"),
    [
        ("RCPT", "550 no such person", "mail_refused"),
        ("RCPT", "450 later", "mail_not_sent"),
        ("MAIL", "553 not you", "mail_refused"),
        ("EHLO", "421 closing", "mail_not_sent"),
    ],
)
def test_refusals_are_told_apart(smtp: SmtpServer, verb: str, answer: str, code: str) -> None:
    smtp.refuses = {verb: answer} | ({"HELO": answer} if verb == "EHLO" else {})
    with pytest.raises(Unavailable) as caught:
        SmtpMail("127.0.0.1", smtp.port, "", "", "never").send(letter())
    assert caught.value.code == code


def test_nobody_there_and_somebody_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        monkeypatch.setattr("app.adapters.mail.TIMEOUT", 0.2)
        with pytest.raises(Unavailable):
            SmtpMail("127.0.0.1", port, "", "", "never").send(letter())
    with pytest.raises(Unavailable):
        SmtpMail("127.0.0.1", port, "", "", "never").send(letter())


def test_the_settings_choose_the_way(tmp_path: Path) -> None:
    def chosen(**environ: str) -> object:
        return make_mailer(read_config({"PLUMBLINE_DATA": str(tmp_path), **environ}))

    assert chosen() == FileMail(tmp_path / "mail")
    assert isinstance(chosen(MAIL_BACKEND="console"), ConsoleMail)
    urls = {
        "smtp://mail.example.com": SmtpMail("mail.example.com", 587, "", "", "start"),
        "smtp://a%40b:p%3Aw@mail.example.com:2525": SmtpMail("mail.example.com", 2525, "a@b", "p:w", "start"),
        "smtps://u:p@mail.example.com": SmtpMail("mail.example.com", 465, "u", "p", "always"),
        "smtp://mail.example.com:25?tls=never": SmtpMail("mail.example.com", 25, "", "", "never"),
        "smtp://localhost:25": SmtpMail("localhost", 25, "", "", "never"),
    }
    for url, expected in urls.items():
        assert chosen(MAIL_BACKEND="smtp", SMTP_URL=url) == expected
