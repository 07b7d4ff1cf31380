"""The authority of this installation and its server's leaf, as a phone's TLS sees them."""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from app.adapters import certificates
from app.adapters.certificates import (
    CA,
    CA_KEY,
    LEAF,
    LEAF_KEY,
    ca_der,
    ca_fingerprint,
    ensure,
    own_addresses,
)

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
HOSTS = ["192.168.1.20", "audits.local", "fd00::20"]


def leaf(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / LEAF).read_bytes())


def authority(folder: Path) -> x509.Certificate:
    return x509.load_der_x509_certificate(ca_der(folder))


def test_what_a_phone_looks_at(tmp_path: Path) -> None:
    assert ensure(tmp_path, HOSTS, "Nordhaven Appliances", NOW)
    ca, server = authority(tmp_path), leaf(tmp_path)
    assert "Nordhaven Appliances" in ca.subject.rfc4514_string()
    basic = ca.extensions.get_extension_for_class(x509.BasicConstraints)
    assert basic.critical and basic.value.ca and basic.value.path_length == 0
    assert ca.not_valid_after_utc - NOW > timedelta(days=3600)

    server.verify_directly_issued_by(ca)
    for certificate in (ca, server):
        key = certificate.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1"
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) == {"audits.local", "localhost"}
    addresses = {str(each) for each in names.get_values_for_type(x509.IPAddress)}
    assert addresses == {"192.168.1.20", "fd00::20", "127.0.0.1", "::1"}
    assert server.not_valid_after_utc - server.not_valid_before_utc <= timedelta(days=397)
    assert server.not_valid_before_utc < NOW < server.not_valid_after_utc < ca.not_valid_after_utc
    usage = server.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert not server.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_keys_are_for_this_account_only(tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    ensure(folder, HOSTS, "Nordhaven", NOW)
    assert folder.stat().st_mode & 0o777 == 0o700
    for name in (CA_KEY, LEAF_KEY):
        assert (folder / name).stat().st_mode & 0o777 == 0o600
    assert sorted(file.name for file in folder.iterdir()) == sorted((CA, CA_KEY, LEAF, LEAF_KEY))


def test_the_leaf_changes_with_its_hosts_and_age_and_the_authority_stays(tmp_path: Path) -> None:
    ensure(tmp_path, HOSTS, "Nordhaven", NOW)
    trusted, first = ca_fingerprint(tmp_path), leaf(tmp_path)
    assert not ensure(tmp_path, [*reversed(HOSTS), "localhost"], "Nordhaven", NOW + timedelta(days=300))
    assert leaf(tmp_path) == first
    assert ensure(tmp_path, ["10.0.0.7"], "Nordhaven", NOW)  # another network
    second = leaf(tmp_path)
    assert ensure(tmp_path, ["10.0.0.7"], "Nordhaven", NOW + timedelta(days=370))  # soon over
    assert leaf(tmp_path) != second
    assert ensure(tmp_path, ["10.0.0.7"], "Nordhaven", NOW - timedelta(days=30))  # a clock that was wrong
    assert ca_fingerprint(tmp_path) == trusted
    assert ensure(tmp_path, ["10.0.0.7"], "Nordhaven", NOW + timedelta(days=3300))  # ten years later
    assert ca_fingerprint(tmp_path) != trusted


@pytest.mark.parametrize("name", [CA, CA_KEY, LEAF, LEAF_KEY])
@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN CERTIFICATE-----\nhalf"])
def test_a_lost_or_damaged_file_is_made_again(tmp_path: Path, name: str, content: bytes | None) -> None:
    ensure(tmp_path, HOSTS, "Nordhaven", NOW)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    assert ensure(tmp_path, HOSTS, "Nordhaven", NOW)
    leaf(tmp_path).verify_directly_issued_by(authority(tmp_path))
    assert not ensure(tmp_path, HOSTS, "Nordhaven", NOW)


def test_the_fingerprint_is_what_openssl_prints(tmp_path: Path) -> None:
    ensure(tmp_path, HOSTS, "Nordhaven", NOW)
    digest = hashlib.sha256(ca_der(tmp_path)).hexdigest().upper()
    assert ca_fingerprint(tmp_path).split(":") == [digest[place : place + 2] for place in range(0, 64, 2)]


def handshake(context: ssl.SSLContext, client: ssl.SSLContext, name: str) -> str | None:
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            with context.wrap_socket(ours, server_side=True) as connection:
                connection.recv(1)
        except OSError:
            ours.close()

    server = threading.Thread(target=serve)
    server.start()
    try:
        with client.wrap_socket(theirs, server_hostname=name) as connection:
            version = connection.version()
            connection.send(b"x")
            return version
    finally:
        theirs.close()
        server.join()


def test_a_client_that_trusts_the_authority_gets_through_and_no_other(tmp_path: Path) -> None:
    context = certificates.server_context(tmp_path, HOSTS, "Nordhaven")
    trusting = ssl.create_default_context(cadata=ca_der(tmp_path))
    for name in ("192.168.1.20", "audits.local", "localhost", "127.0.0.1"):
        assert handshake(context, trusting, name) == "TLSv1.3"
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(context, trusting, "elsewhere.local")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(context, ssl.create_default_context(), "audits.local")
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_by_default_it_serves_this_machine(tmp_path: Path) -> None:
    certificates.server_context(tmp_path)
    names = leaf(tmp_path).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    known = {str(name.value) for name in names}
    assert socket.gethostname() in known and set(own_addresses()) <= known
