"""HTTPS for phones in the same network: this installation's certificate authority and its server's leaf.

A phone trusts the authority once (DESIGN §8); the leaf is made again whenever the addresses change or it gets
old. Keys are P-256 and readable by this account only.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import secrets
import socket
import ssl
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.adapters.clock import now as this_instant

CA_LIFE = timedelta(days=3650)
CA_RENEWED_BEFORE = timedelta(days=400)  # a leaf never outlives its authority
LEAF_LIFE = timedelta(days=397)  # what browsers accept at most is 398
LEAF_RENEWED_BEFORE = timedelta(days=30)
PHONE_CLOCKS_DIFFER = timedelta(days=1)
CA, CA_KEY, LEAF, LEAF_KEY = (
    "ca.crt",
    "ca.key",
    "server.crt",
    "server.key",
)  # ca.crt is DER, as phones like it

Key = ec.EllipticCurvePrivateKey


def server_context(
    folder: Path, hosts: Sequence[str] | None = None, organisation: str = "Plumbline"
) -> ssl.SSLContext:
    """What a TLS server needs, for these host names and addresses (by default all of this machine's)."""
    ensure(folder, hosts or own_addresses(), organisation, this_instant())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(folder / LEAF, folder / LEAF_KEY)
    return context


def ensure(folder: Path, hosts: Sequence[str], organisation: str, now: datetime) -> bool:
    """Makes what is missing, old or for other hosts; whether the leaf is new."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority = _authority(folder, organisation, now)
    wanted = {str(_name(host).value) for host in (*hosts, "localhost", "127.0.0.1", "::1")}
    leaf = _load(folder / LEAF)
    if leaf and _good(leaf, authority[0], wanted, now) and _fits(leaf, folder / LEAF_KEY):
        return False
    _make_leaf(folder, authority, sorted(wanted), now)
    return True


def ca_der(folder: Path) -> bytes:
    """The authority's certificate as phones install it. Raises FileNotFoundError before ensure()."""
    return (folder / CA).read_bytes()


def ca_fingerprint(folder: Path) -> str:
    """SHA-256 of the authority's certificate as people compare it: "3F:A2:…", 32 pairs."""
    return hashlib.sha256(ca_der(folder)).digest().hex(":").upper()


def own_addresses() -> list[str]:
    """This machine's name and the addresses others may reach it by; no packet is sent to find them."""
    found = [socket.gethostname()]
    for family, far in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((far, 9))  # only chooses the route
                found.append(probe.getsockname()[0])
        except OSError:  # no such network here
            continue
    return found


def _authority(folder: Path, organisation: str, now: datetime) -> tuple[x509.Certificate, Key]:
    known = _load(folder / CA)
    lasts = known is not None and now + CA_RENEWED_BEFORE < known.not_valid_after_utc
    if known and lasts and _fits(known, folder / CA_KEY):
        return known, _key(folder / CA_KEY)
    key = ec.generate_private_key(ec.SECP256R1())
    title = f"{organisation[:40]} Plumbline CA {secrets.token_hex(2)}"  # two installations can be told apart
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, title),
        ]
    )
    made = (
        _builder(name, name, key, now, CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(sign=False, certify=True), critical=True)
        .sign(key, SHA256())
    )
    _write(folder / CA_KEY, _pem(key))
    _write(folder / CA, made.public_bytes(Encoding.DER))
    return made, key


def _make_leaf(
    folder: Path, authority: tuple[x509.Certificate, Key], hosts: Sequence[str], now: datetime
) -> None:
    certificate, signer = authority
    key = ec.generate_private_key(ec.SECP256R1())
    names = [_name(host) for host in hosts]
    title = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Plumbline on this network")])
    about = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    made = (
        _builder(title, certificate.subject, key, now, LEAF_LIFE)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign=True, certify=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(about, critical=False)
        .sign(signer, SHA256())
    )
    _write(folder / LEAF_KEY, _pem(key))
    _write(folder / LEAF, made.public_bytes(Encoding.PEM))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Key, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    begins = now - PHONE_CLOCKS_DIFFER
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(sign: bool, certify: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=sign,
        key_cert_sign=certify,
        crl_sign=certify,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(host: str) -> x509.IPAddress | x509.DNSName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host.strip("[]").partition("%")[0]))
    except ValueError:
        return x509.DNSName(host.rstrip(".").encode("idna").decode())


def _good(leaf: x509.Certificate, ca: x509.Certificate, wanted: set[str], now: datetime) -> bool:
    try:
        leaf.verify_directly_issued_by(ca)
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except Exception:  # of another authority, or not ours at all: a new one is made
        return False
    in_time = leaf.not_valid_before_utc <= now < leaf.not_valid_after_utc - LEAF_RENEWED_BEFORE
    return in_time and wanted == {str(name.value) for name in names}


def _fits(certificate: x509.Certificate, path: Path) -> bool:
    try:
        return _key(path).public_key() == certificate.public_key()
    except (OSError, ValueError, TypeError):
        return False


def _load(path: Path) -> x509.Certificate | None:
    try:
        content = path.read_bytes()
        pem = content.startswith(b"-----")
        return x509.load_pem_x509_certificate(content) if pem else x509.load_der_x509_certificate(content)
    except (OSError, ValueError):
        return None


def _key(path: Path) -> Key:
    key = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{path} is no P-256 key")
    return key


def _pem(key: Key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, content: bytes) -> None:
    """Never readable by others, not even for a moment, and never half."""
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
