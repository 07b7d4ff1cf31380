"""Letters: building one safely, and the three ways it leaves: console, a file in the data folder, SMTP.

The words and their language are the caller's. Rule: trust.md §1.1 F V1.3.11 (header injection).
"""

from __future__ import annotations

import os
import re
import smtplib
import socket
import ssl
import sys
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from app.adapters.clock import now as this_instant
from app.config import Config
from app.domain.errors import Invalid, Unavailable

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
TIMEOUT = 20.0  # seconds for each step of the conversation
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Mailer(Protocol):
    """A way for letters to leave."""

    def send(self, message: EmailMessage) -> None:
        """Hands the letter over. Raises Unavailable (mail_not_sent, mail_refused)."""


def build_message(
    sender: str, to: str, subject: str, text: str, key: str, now: datetime, sender_name: str = ""
) -> EmailMessage:
    """A plain text letter to one address. Raises Invalid (mail_header_unsafe, not_an_email).

    key names the letter for ever: sent twice after a crash, both have the same Message-ID.
    """
    if any(CONTROL.search(part) for part in (sender, to, subject, key, sender_name)):
        raise Invalid("mail_header_unsafe")
    message = EmailMessage(policy=policy.SMTP)
    try:
        sending = Address(display_name=sender_name, addr_spec=sender)
        message["From"] = sending
        message["To"] = Address(addr_spec=to)  # one address: a comma does not make it two
    except (MessageError, ValueError, IndexError) as error:
        raise Invalid("not_an_email") from error
    message["Subject"] = subject
    message["Date"] = now
    message["Message-ID"] = f"<{re.sub(r'[^A-Za-z0-9.-]', '-', key)}@{sending.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # no holiday replies
    message.set_content(text, cte="quoted-printable")
    return message


class ConsoleMail:
    """Writes letters to standard error: for trying things out."""

    def send(self, message: EmailMessage) -> None:
        sys.stderr.write(f"\n{message['To']}\n{message['Subject']}\n\n{message.get_content()}\n")
        sys.stderr.flush()


@dataclass(frozen=True)
class FileMail:
    """Writes each letter as an .eml file: an installation without a mail server can still read them."""

    folder: Path

    def send(self, message: EmailMessage) -> None:
        key = str(message["Message-ID"]).strip("<>").partition("@")[0]
        path = self.folder / f"{this_instant():%Y%m%dT%H%M%S%f}-{key[:40]}.eml"
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(path.with_suffix(".tmp"), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(message.as_bytes())
            path.with_suffix(".tmp").rename(path)
        except OSError as error:
            raise Unavailable("mail_not_sent") from error


@dataclass(frozen=True)
class SmtpMail:
    """One server. tls: "always" (smtps), "start" (STARTTLS or nothing), "never" (asked for, or local)."""

    host: str
    port: int
    user: str
    password: str
    tls: str

    def send(self, message: EmailMessage) -> None:
        try:
            with self._connect() as server:
                if self.tls == "start":
                    server.starttls(context=ssl.create_default_context())
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(message)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
            raise Unavailable("mail_refused" if _for_good(error) else "mail_not_sent") from error
        except (smtplib.SMTPException, OSError, ValueError) as error:  # smtplib sends only ASCII passwords
            raise Unavailable("mail_not_sent") from error

    def _connect(self) -> smtplib.SMTP:
        name = socket.gethostname()  # not getfqdn(): it may ask a name server for half a minute
        if self.tls == "always":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, name, timeout=TIMEOUT, context=context)
        return smtplib.SMTP(self.host, self.port, name, timeout=TIMEOUT)


def _for_good(error: smtplib.SMTPException) -> bool:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500


def smtp_from_url(url: str) -> SmtpMail:
    """smtp://user:password@host:587 (STARTTLS), smtps://host:465, smtp://host:25?tls=never.

    A server on this machine is spoken to without TLS unless ?tls=start asks for it.
    """
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    default = "always" if parts.scheme == "smtps" else "never" if host in LOOPBACK else "start"
    tls = parse_qs(parts.query).get("tls", [default])[0]
    port = parts.port or (465 if tls == "always" else 587)
    return SmtpMail(host, port, unquote(parts.username or ""), unquote(parts.password or ""), tls)


def make_mailer(config: Config) -> Mailer:
    """The way this installation's letters leave."""
    if config.mail_backend == "smtp" and config.smtp_url:
        return smtp_from_url(config.smtp_url)
    if config.mail_backend == "console":
        return ConsoleMail()
    return FileMail(config.data / "mail")
