"""Where this machine can be reached: its own addresses, and sockets that listen or say why they cannot."""

from __future__ import annotations

import errno
import fcntl
import socket
import struct
from ipaddress import ip_address

SIOCGIFADDR = 0x8915
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 (compared, not bound)
SAYS = {
    errno.EADDRINUSE: "{name}={port} is in use by another program. Choose another: make run {name}={other}",
    errno.EACCES: "{name}={port} needs root. Choose one above 1023: make run {name}={other}",
    errno.EADDRNOTAVAIL: "HOST={host} is no address of this machine.",
}


class CannotListen(Exception):
    """An address cannot be had; the text says why and what to try."""


def listen(host: str, port: int, name: str = "PORT") -> socket.socket:
    """A socket that already listens. Raises CannotListen with a sentence."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        made = socket.socket(family, socket.SOCK_STREAM)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(address)
            made.listen(1024)
        except OSError:
            made.close()
            raise
        return made
    except socket.gaierror:
        raise CannotListen(f"HOST={host} is no name or address that this machine knows.") from None
    except OSError as problem:
        sentence = SAYS.get(problem.errno or 0, "HOST={host} {name}={port} cannot be had: {why}.")
        other = port + 1 if port > 1023 else 8000
        raise CannotListen(
            sentence.format(name=name, host=host, port=port, other=other, why=problem.strerror)
        ) from None


def reaches_others(host: str) -> bool:
    """Whether listening on `host` lets other machines in."""
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"


def local_addresses(host: str) -> list[str]:
    """The addresses under which others reach a server on `host`: itself, or every IPv4 of this machine, with
    the one that leads out first.
    """
    if host not in EVERYWHERE:
        return [host]
    found = [_leading_out(), *(_of(name) for _, name in socket.if_nameindex())]
    wanted = [each for each in found if each and not ip_address(each).is_loopback]
    return list(dict.fromkeys(wanted))


def from_here(host: str) -> str:
    """The address under which this machine itself reaches a server on `host`."""
    return "127.0.0.1" if host in EVERYWHERE else host


def in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _leading_out() -> str | None:
    """The own address on the way to elsewhere; connecting a UDP socket sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])


def _of(interface: str) -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            packed = fcntl.ioctl(probe.fileno(), SIOCGIFADDR, struct.pack("256s", interface[:15].encode()))
        except OSError:
            return None
        return socket.inet_ntoa(packed[20:24])
