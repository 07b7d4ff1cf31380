"""Sealing finished reports: PAdES signatures of the organisation, each recording one person's act (DESIGN
§8).

The first seal certifies the file (DocMDP P=2: only filling in seals may follow) over fields that were all
placed before; later ones are incremental updates. Nothing else ever touches the bytes. Only the worker calls
this: it opens the keys. Levels: B-B, or B-LT where a time-stamp authority is configured (pdf.md §4).
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.adapters import seal_keys
from app.adapters.pdf import Box
from app.domain.errors import Unavailable
from app.domain.printing import printable

PLAIN, STAMPED = "B-B", "B-LT"
TSA_PATIENCE = 10  # seconds
OWN_FIELD = "SigOrganisation"  # invisible, where no person's act is there to be recorded


@dataclass(frozen=True, slots=True)
class Deed:
    """One person's act, as it is written into a signature. `stamp`: one page of PDF, drawn for the box."""

    field: str
    name: str
    reason: str
    stamp: Path | None = None


@dataclass(frozen=True, slots=True)
class TimeStamping:
    """A time-stamp authority (RFC 3161) and the certificates its answers are trusted by (PEM, one or
    more).
    """

    url: str
    roots: Path


def warm() -> None:
    """Loads what sealing needs, a second's work, ahead of the first report."""
    import pyhanko.sign.fields
    import pyhanko.sign.signers
    import pyhanko.stamp  # noqa: F401


class Sealer:
    """Signs with the keys of one folder."""

    def __init__(self, folder: Path, location: str, time_stamping: TimeStamping | None = None) -> None:
        self._folder = folder
        self._location = location
        self._time_stamping = time_stamping

    def seal(
        self,
        source: Path,
        target: Path,
        fields: Mapping[str, Box],
        deeds: Sequence[Deed],
        contact: str,
        level: str,
    ) -> None:
        """Copies the drawn report to `target`, places all fields there, and seals each deed in turn.

        contact: the address where the report can be verified. Raises Unavailable (time_stamp_unreachable).
        """
        from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
        from pyhanko.sign.fields import SigFieldSpec, append_signature_field

        shutil.copyfile(source, target)
        if not deeds:
            deeds = [Deed(OWN_FIELD, "", "")]
        with target.open("r+b") as file:
            writer = IncrementalPdfFileWriter(file)
            for name, box in fields.items():
                corners: Any = (box.left, box.bottom, box.right, box.top)
                spec = SigFieldSpec(name, on_page=box.page, box=corners, empty_field_appearance=False)
                append_signature_field(writer, spec)
            for deed in deeds:
                if deed.field not in fields:
                    append_signature_field(writer, SigFieldSpec(deed.field, on_page=0, box=(0, 0, 0, 0)))
            writer.write_in_place()
        for place, deed in enumerate(deeds):
            self._sign(target, deed, contact, level, certify=place == 0)

    def add(self, source: Path, target: Path, deed: Deed, contact: str, level: str) -> None:
        """Copies a sealed report to `target` and fills one of its empty fields. Raises as `seal`."""
        shutil.copyfile(source, target)
        self._sign(target, deed, contact, level, certify=False)

    def _sign(self, path: Path, deed: Deed, contact: str, level: str, certify: bool) -> None:
        from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
        from pyhanko.sign import fields, signers
        from pyhanko.sign.general import SigningError
        from pyhanko.sign.timestamps.common_utils import TimestampRequestError

        keys = seal_keys.open_keys(self._folder)
        stamping = self._time_stamping if level == STAMPED else None
        metadata = signers.PdfSignatureMetadata(
            field_name=deed.field,
            md_algorithm="sha256",
            name=printable(deed.name) or None,
            reason=printable(deed.reason) or None,
            location=self._location,
            contact_info=contact,
            certify=certify,
            docmdp_permissions=fields.MDPPerm.FILL_FORMS,
            subfilter=fields.SigSeedSubFilter.PADES,
            embed_validation_info=stamping is not None,
            validation_context=self._context(keys, stamping) if stamping else None,
        )
        signer = signers.PdfSigner(
            metadata,
            _signer(keys),
            timestamper=_time_stamper(stamping) if stamping else None,
            stamp_style=_style(deed.stamp) if deed.stamp else None,
        )
        try:
            with path.open("r+b") as file:
                signer.sign_pdf(IncrementalPdfFileWriter(file), existing_fields_only=True, in_place=True)
        except (TimestampRequestError, OSError, TimeoutError) as error:
            if stamping is None:
                raise
            raise Unavailable("time_stamp_unreachable") from error
        except SigningError as error:
            # with a time stamp that cannot be trusted there is no B-LT; without one it is our own mistake
            if stamping is None:
                raise
            raise Unavailable("time_stamp_unreachable") from error

    def _context(self, keys: seal_keys.Keys, stamping: TimeStamping) -> Any:
        """Whom to trust when the seal and its time stamp are checked, before both checks are kept inside."""
        from asn1crypto import crl, x509
        from pyhanko_certvalidator import ValidationContext

        trusted = [x509.Certificate.load(keys.ca), *_kept_roots(self._folder, stamping)]
        return ValidationContext(
            trust_roots=trusted, crls=[crl.CertificateList.load(keys.crl)], allow_fetching=True
        )


def _signer(keys: seal_keys.Keys) -> Any:
    from asn1crypto import keys as asn1_keys
    from asn1crypto import x509
    from pyhanko.sign.signers import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    store = SimpleCertificateStore()
    store.register(x509.Certificate.load(keys.ca))
    return SimpleSigner(
        signing_cert=x509.Certificate.load(keys.certificate),
        signing_key=asn1_keys.PrivateKeyInfo.load(keys.key),
        cert_registry=store,
    )


def _time_stamper(stamping: TimeStamping) -> Any:
    from pyhanko.sign.timestamps import HTTPTimeStamper

    return HTTPTimeStamper(stamping.url, timeout=TSA_PATIENCE)


def _kept_roots(folder: Path, stamping: TimeStamping) -> list[Any]:
    """The authority's certificates; kept beside the seal, so that old reports stay checkable after a
    change.
    """
    from asn1crypto import pem, x509

    found = []
    for _, _, der in pem.unarmor(stamping.roots.read_bytes(), multiple=True):
        kept = folder / f"tsa-{hashlib.sha256(der).hexdigest()[:16]}.crt"
        if not kept.exists():
            kept.write_bytes(der)
        found.append(x509.Certificate.load(der))
    return found


def _style(stamp: Path) -> Any:
    from pyhanko.pdf_utils.layout import AxisAlignment, Margins, SimpleBoxLayoutRule
    from pyhanko.stamp import StaticStampStyle

    layout = SimpleBoxLayoutRule(AxisAlignment.ALIGN_MID, AxisAlignment.ALIGN_MID, Margins())
    return StaticStampStyle.from_pdf_file(
        str(stamp), border_width=0, background_opacity=1.0, background_layout=layout
    )


def read_box(path: Path, field: str) -> tuple[float, float]:
    """Width and height, in points, of an empty field of a sealed report. Raises KeyError when it has none."""
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.fields import enumerate_sig_fields

    with path.open("rb") as file:
        for name, _, reference in enumerate_sig_fields(PdfFileReader(file), filled_status=False):
            if name == field:
                left, bottom, right, top = (float(corner) for corner in reference.get_object()["/Rect"])
                return right - left, top - bottom
    raise KeyError(field)
