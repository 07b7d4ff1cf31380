"""The secret half of the seal: this installation's own authority, its signer, its list of withdrawn seals.

Made by the worker at its first start, in a folder of its own; keys are P-256, readable by the worker's
account only, never in the database. Organisation and PUBLIC_URL stand in the certificates, because they
stand in sealed reports for decades (DESIGN §5.8). Facts about key usage: pdf.md §4; periods: decision 0007.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from app.adapters.seal_public import CA, CRL, SIGNER

CA_KEY, SIGNER_KEY, LOCK = "ca.key", "signer.key", "lock"
YEAR = timedelta(days=365)
CA_LIFE, SIGNER_LIFE = 40 * YEAR, 30 * YEAR
CRL_LIFE, CRL_RENEWED_BEFORE = timedelta(days=60), timedelta(days=30)
CLOCKS_DIFFER = timedelta(days=1)
DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336; alone, NSS does not know it

Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Keys:
    """What signing needs, as DER: the authority's certificate, its list, the signer's certificate and key."""

    ca: bytes
    crl: bytes
    certificate: bytes
    key: bytes


def ensure(folder: Path, organisation: str, public_url: str, now: datetime, demo: bool = False) -> bool:
    """Makes what is missing, of another name, or old; whether anything was made. Safe to call at once from
    two processes. A new signer keeps the authority; the old signer's certificate stays beside it.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o755)
    with _locked(folder):
        made = _make_authority(folder, organisation, public_url, now, demo)
        made = _make_signer(folder, organisation, public_url, now) or made
        return _make_list(folder, now) or made


def open_keys(folder: Path) -> Keys:
    """The keys. Raises FileNotFoundError before ensure()."""
    with _locked(folder):
        key = _key(folder / SIGNER_KEY)
        return Keys(
            (folder / CA).read_bytes(),
            (folder / CRL).read_bytes(),
            (folder / SIGNER).read_bytes(),
            key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        )


def _make_authority(folder: Path, organisation: str, public_url: str, now: datetime, demo: bool) -> bool:
    if (folder / CA).exists() and (folder / CA_KEY).exists():
        return False
    key = ec.generate_private_key(ec.SECP256R1())
    title = f"{organisation[:36]} {'demo ' if demo else ''}report seals {secrets.token_hex(2)}"
    name = _name(organisation, title)
    made = (
        _builder(name, name, key, now, CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certify=True), critical=True)
        .add_extension(_found_at(public_url), critical=False)
        .sign(key, SHA256())
    )
    _write(folder / CA_KEY, _pem(key), 0o600)
    _write(folder / CA, made.public_bytes(Encoding.DER), 0o644)
    for stale in (SIGNER, CRL):  # of an authority that is gone
        (folder / stale).unlink(missing_ok=True)
    return True


def _make_signer(folder: Path, organisation: str, public_url: str, now: datetime) -> bool:
    known = _certificate(folder / SIGNER)
    if known is not None and (folder / SIGNER_KEY).exists():
        named = known.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == organisation[:64]
        at = known.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        placed = at.get_values_for_type(x509.UniformResourceIdentifier) == [public_url]
        if named and placed and now + YEAR < known.not_valid_after_utc:
            return False
        (folder / SIGNER).rename(folder / f"signer-{known.serial_number:x}.crt")
    authority, ca_key = _authority(folder)
    key = ec.generate_private_key(ec.SECP256R1())
    life = min(SIGNER_LIFE, authority.not_valid_after_utc - now)
    made = (
        _builder(_name(organisation, f"{organisation[:50]} report seal"), authority.subject, key, now, life)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certify=False), critical=True)
        .add_extension(
            # with documentSigning alone readers built on NSS call the certificate unusable (pdf.md §4)
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION, DOCUMENT_SIGNING]),
            critical=False,
        )
        .add_extension(_found_at(public_url), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
        .add_extension(
            x509.CRLDistributionPoints(
                [
                    x509.DistributionPoint(
                        [x509.UniformResourceIdentifier(f"{public_url}/verify/{CRL}")], None, None, None
                    )
                ]
            ),
            critical=False,
        )
        .sign(ca_key, SHA256())
    )
    _write(folder / SIGNER_KEY, _pem(key), 0o600)
    _write(folder / SIGNER, made.public_bytes(Encoding.DER), 0o644)
    return True


def _make_list(folder: Path, now: datetime) -> bool:
    """The list of withdrawn seals is made again before it runs out; what stood in it stays in it."""
    path = folder / CRL
    known = x509.load_der_x509_crl(path.read_bytes()) if path.exists() else None
    if known is not None and known.next_update_utc and now + CRL_RENEWED_BEFORE < known.next_update_utc:
        return False
    authority, key = _authority(folder)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.subject)
        .last_update(now - CLOCKS_DIFFER)
        .next_update(now + CRL_LIFE)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
    )
    for withdrawn in known or ():
        builder = builder.add_revoked_certificate(withdrawn)
    _write(path, builder.sign(key, SHA256()).public_bytes(Encoding.DER), 0o644)
    return True


def _authority(folder: Path) -> tuple[x509.Certificate, Key]:
    found = _certificate(folder / CA)
    assert found is not None
    return found, _key(folder / CA_KEY)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Key, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCKS_DIFFER)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(organisation: str, title: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, title[:64]),
        ]
    )


def _found_at(public_url: str) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([x509.UniformResourceIdentifier(public_url)])


def _usage(certify: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certify,
        content_commitment=not certify,  # without it pyHanko refuses to sign
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certify,
        crl_sign=certify,
        encipher_only=False,
        decipher_only=False,
    )


def _certificate(path: Path) -> x509.Certificate | None:
    return x509.load_der_x509_certificate(path.read_bytes()) if path.exists() else None


def _key(path: Path) -> Key:
    key = load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def _pem(key: Key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, data: bytes, mode: int) -> None:
    """Under a name of its own first, never readable by others even for a moment, and on the disk."""
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)  # whatever the umask says: others must be able to check
        file.write(data)
        file.flush()
        os.fsync(descriptor)
    unfinished.replace(path)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
