"""The public half of the seal: certificate, fingerprint and revocation list, as the web process reads them.

The keys beside them are made and opened by the worker only (seal_keys.py, seal.py).
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509

CA, CRL, SIGNER = "ca.crt", "seals.crl", "signer.crt"  # all DER
TSA_ROOTS = "tsa-*.crt"  # of every time-stamp authority ever used, so that old reports stay checkable


def folder_in(data: Path) -> Path:
    """Where the seal lives in a data folder."""
    return data / "seal"


def ca_der(folder: Path) -> bytes | None:
    """The authority's certificate, or None before the worker has made it."""
    try:
        return (folder / CA).read_bytes()
    except FileNotFoundError:
        return None


def crl_der(folder: Path) -> bytes | None:
    """The list of withdrawn seals, or None before the worker has made it."""
    try:
        return (folder / CRL).read_bytes()
    except FileNotFoundError:
        return None


def fingerprint(certificate: bytes | None) -> str:
    """SHA-256 as people compare it: "3F:A2:…", 32 pairs; empty for none."""
    return hashlib.sha256(certificate).digest().hex(":").upper() if certificate else ""


def roots(folder: Path) -> list[Path]:
    """Certificates of time-stamp authorities that our reports carry stamps of."""
    return sorted(folder.glob(TSA_ROOTS))


def state(folder: Path, now: datetime) -> dict[str, Any]:
    """For /health: whether there is a seal, until when, and whether the list of withdrawn ones is fresh."""
    certificate, withdrawn = ca_der(folder), crl_der(folder)
    if certificate is None or withdrawn is None:
        return {"ok": False, "why": "There is no seal yet: the worker makes it when it starts."}
    until = x509.load_der_x509_certificate(certificate).not_valid_after_utc
    facts = {"fingerprint": fingerprint(certificate), "until": until.date().isoformat()}
    renewal = x509.load_der_x509_crl(withdrawn).next_update_utc
    if renewal is None or renewal <= now:
        return {"ok": False, "why": "The list of withdrawn seals is old: is the worker running?", **facts}
    return {"ok": until > now, **facts}
