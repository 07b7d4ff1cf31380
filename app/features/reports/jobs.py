"""What the worker carries out: drawing, sealing and issuing a report, adding a later seal, keeping the keys.

Every step may be cut off and begin again: content comes from the frozen record, the drawn file is the same
each time, and issuing is one transaction (commands.issue). A file kept by a run that was killed before that
has no row and is nobody's report. Only here the seal's keys are opened.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import current_app, g, render_template
from flask_babel import force_locale

from app.adapters import clock, seal_keys, seal_public
from app.adapters.blobs import BlobStore
from app.adapters.claims import MOST_ATTEMPTS, Job
from app.adapters.pdf import Box, Enclosed, PrintRoom, Sheet
from app.adapters.pictures import REPORT_WIDTH, PictureRoom, copy_name, keep_picture
from app.adapters.plans import picture_name
from app.adapters.seal import PLAIN, STAMPED, Deed, Sealer, TimeStamping, read_box, warm
from app.config import Config
from app.db import reading, transaction
from app.domain.errors import Invalid, NotFound, PlumblineError, Unavailable
from app.domain.printing import printable, printable_all
from app.domain.words import babel_locale
from app.features.reports import commands
from app.features.reports.models import Report
from app.features.reports.report import REPORTS, Content, Seal

log = logging.getLogger("plumbline.reports")
MOST_STAMP_FAILURES = 3
PHOTOS_A_NOTE = 10  # progress is written down every so many photos


@dataclass(frozen=True, slots=True)
class Control:
    """Document control, as templates print it. `verify_qr`: an SVG as data URI; `fingerprint`: of our
    authority, "3F:A2:…"; `level`: B-B, or B-LT when a time-stamp authority stands behind the seal.
    """

    number: str
    revision: int
    verify_url: str
    verify_qr: str
    fingerprint: str
    digest: str
    issued_at: datetime
    organisation: str
    level: str


class Works:
    """Everything needed to make reports, held by the worker for as long as it lives."""

    def __init__(self, config: Config, blobs: BlobStore, pictures: PictureRoom) -> None:
        self._config = config
        self._blobs = blobs
        self._pictures = pictures
        self.room = PrintRoom(config.data / "fonts")
        self.folder = seal_public.folder_in(config.data)
        self._stamping = None
        if config.tsa_url and config.tsa_roots:
            self._stamping = TimeStamping(config.tsa_url, config.tsa_roots)

    def start(self) -> None:
        """What a worker does first: keys, then the renderer, so that the first report does not wait for
        it.
        """
        self.keep_keys()
        try:
            self.room.warm()
            warm()  # sealing
        except Unavailable as error:  # /health and the report itself say what is missing
            log.warning("reports cannot be drawn yet: %s %s", error.code, error.params)

    def keep_keys(self, job: Job | None = None) -> None:
        """Makes the keys that are missing and renews the list of withdrawn seals."""
        config = self._config
        seal_keys.ensure(self.folder, config.organisation, config.public_url, clock.now(), config.demo)

    def issue(self, job: Job) -> None:
        """Carries out `reports.issue`: {report}. Idempotent; raises what is worth another try."""
        report_id = UUID(job.payload["report"])
        if reading().get(Report, report_id) is None:
            log.warning("report %s is gone", report_id)
            return
        try:
            self._issue(report_id, job.id)
        except Exception as error:
            if self._told(report_id, error, job.attempt):
                raise

    def seal(self, job: Job) -> None:
        """Carries out `reports.seal`: {report, seal}: one later act into an empty field. Idempotent."""
        told = dict(job.payload["seal"])
        seal = Seal(anchor="", **{**told, "at": datetime.fromisoformat(told["at"])})
        try:
            self._add(UUID(job.payload["report"]), seal, job.attempt)
        except NotFound:
            log.warning("report %s has no empty place %s", job.payload["report"], seal.field)

    def _issue(self, report_id: UUID, row: UUID) -> None:
        report = _load(report_id)
        kind = REPORTS.get(report.kind)
        if report.state == "issued":
            return
        if kind is None:
            raise NotFound()
        missing = kind.missing_photos(reading(), report.record_id, report.revision)
        if missing:
            with transaction() as session:
                commands.wait_for_photos(session, report_id, missing, clock.now(), row)
            return
        with transaction() as session:
            if not commands.begin(session, report_id, clock.now()):
                return
        content = kind.collect(reading(), report.record_id, report.revision, report.language)
        with tempfile.TemporaryDirectory(prefix="plumbline-issue-") as place:
            self._make(report, content, Path(place))

    def _make(self, report: Report, content: Content, place: Path) -> None:
        stamped = self._stamping is not None and report.stamp_failures < MOST_STAMP_FAILURES
        level = STAMPED if stamped else PLAIN
        identifier = identifier_of(report, content)
        self.keep_keys()
        control = self._control(report, content, level)
        photos = self._photos(report.id, content, place)
        self._note(report.id, "drawing", 0, 1)
        named = [seal for seal in content.seals if seal.name]
        with self.room.drawn(self._sheet(content, control, photos, identifier, report.requested_at)) as drawn:
            self._note(report.id, "sealing", 0, len(named) or 1)
            fields: dict[str, Box] = {seal.field: drawn.boxes[seal.anchor] for seal in content.seals}
            deeds = _in_language(
                content.language, lambda: [_deed(seal, drawn.stamps.get(seal.anchor)) for seal in named]
            )
            target, pages = place / "sealed.pdf", drawn.pages
            self._sealer().seal(drawn.path, target, fields, deeds, control.verify_url, level)
        seals = [{"field": seal.field, "name": printable(seal.name or "")} for seal in named]
        made = self._kept(target, pages, level, seals)
        with transaction() as session:
            commands.issue(session, report.id, made, content.digest, identifier, clock.now())

    def _add(self, report_id: UUID, seal: Seal, attempt: int) -> None:
        report = _load(report_id)
        present = report.file
        if present is None:
            raise NotFound()
        if seal.field in {held["field"] for held in present.seals}:
            return
        level = STAMPED if self._stamping and attempt <= MOST_STAMP_FAILURES else PLAIN
        with tempfile.TemporaryDirectory(prefix="plumbline-seal-") as folder:
            source, target = Path(folder) / "before.pdf", Path(folder) / "after.pdf"
            with self._blobs.open(present.sha256) as held, source.open("wb") as copy:
                shutil.copyfileobj(held, copy)
            try:
                width, height = read_box(source, seal.field)
            except KeyError:
                raise NotFound() from None
            page = _in_language(report.language, lambda: self._stamp(seal))
            with self.room.stamped(page, _style("stamp"), width, height) as stamp:
                address = self._verify_url(report)
                deed = _in_language(report.language, lambda: _deed(seal, stamp))
                self._sealer().add(source, target, deed, address, level)
            seals = [*present.seals, {"field": seal.field, "name": printable(seal.name or "")}]
            made = self._kept(target, present.pages, level, seals)
        with transaction() as session:
            if not commands.add_seal(session, report_id, seal.field, present.turn, made, clock.now()):
                raise Unavailable("report_under_way")  # another seal came between: again, on top of it

    def _told(self, report_id: UUID, error: Exception, attempt: int) -> bool:
        """Writes down why it did not work; whether another try is worth it."""
        known = error if isinstance(error, PlumblineError) else Unavailable("report_not_drawn")
        final = isinstance(known, Invalid | NotFound) or attempt >= MOST_ATTEMPTS
        if not isinstance(error, PlumblineError):
            log.exception("report %s could not be made", report_id)
        with transaction() as session:
            commands.note_failure(session, report_id, known, final, clock.now())
        return not final

    def _control(self, report: Report, content: Content, level: str) -> Control:
        address = self._verify_url(report)
        return Control(
            number=report.number,
            revision=report.revision,
            verify_url=address,
            verify_qr=_qr(address),
            fingerprint=seal_public.fingerprint(seal_public.ca_der(self.folder)),
            digest=content.digest,
            issued_at=report.requested_at,  # the same however often it is drawn
            organisation=printable(self._config.organisation),
            level=level,
        )

    def _verify_url(self, report: Report) -> str:
        return f"{self._config.public_url}/verify/{report.verify_id}"

    def _photos(self, report_id: UUID, content: Content, place: Path) -> dict[str, Path]:
        """The pictures in the report's size as files; a copy that was lost is made again from the
        evidence.
        """
        wanted, found = list(dict.fromkeys(content.photos)), dict[str, Path]()
        for done, sha256 in enumerate(wanted):
            if done % PHOTOS_A_NOTE == 0:
                self._note(report_id, "photos", done, len(wanted))
            name = copy_name(sha256, REPORT_WIDTH)
            if not self._blobs.has_named(name):
                self._derive(sha256, place)
            found[sha256] = place / f"{sha256}.jpg"
            with self._blobs.open_named(name) as held, found[sha256].open("wb") as copy:
                shutil.copyfileobj(held, copy)
        for sha256 in content.plans:
            found[sha256] = place / f"{sha256}.plan"
            with self._blobs.open_named(picture_name(sha256)) as held, found[sha256].open("wb") as copy:
                shutil.copyfileobj(held, copy)
        return found

    def _derive(self, sha256: str, place: Path) -> None:
        evidence = place / "evidence"
        with self._blobs.open(sha256) as held, evidence.open("wb") as copy:
            shutil.copyfileobj(held, copy)
        keep_picture(self._blobs, self._pictures, sha256, evidence)

    def _sheet(
        self,
        content: Content,
        control: Control,
        photos: Mapping[str, Path],
        identifier: str,
        made_at: datetime,
    ) -> Sheet:
        def write() -> tuple[str, dict[str, str]]:
            html = render_template(
                f"pdf/{content.template}",
                **printable_all(dict(content.context)),
                control=control,
                title=printable(content.title),
                subject=printable(content.subject),
            )
            stamps = {seal.anchor: self._stamp(seal) for seal in content.seals if seal.name}
            return printable(html), stamps

        html, stamps = _in_language(content.language, write)
        return Sheet(
            html=html,
            css=_style(content.style or content.template.removesuffix(".html")) or _style("report"),
            identifier=identifier,
            made_at=made_at,
            photos=photos,
            enclosed=[
                Enclosed(
                    name=each.name,
                    mime=each.mime,
                    data=each.data,
                    relationship=each.relationship,
                    description=printable(each.description),
                    made_at=each.made_at,
                )
                for each in content.attachments
            ],
            anchors=[seal.anchor for seal in content.seals],
            stamps=stamps,
            stamp_css=_style("stamp"),
        )

    def _stamp(self, seal: Seal) -> str:
        told = printable_all(asdict(seal))
        told["at"] = f"{seal.at:%Y-%m-%d %H:%M} {seal.at:%z}" if seal.at else ""
        organisation = printable(self._config.organisation)
        return printable(render_template("pdf/stamp.html", seal=told, organisation=organisation))

    def _sealer(self) -> Sealer:
        location = printable(self._config.organisation)
        return Sealer(self.folder, location, self._stamping)

    def _kept(self, path: Path, pages: int, level: str, seals: list[dict[str, str]]) -> commands.Made:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        self._blobs.put(sha256, path)
        authority = hashlib.sha256(seal_public.ca_der(self.folder) or b"").hexdigest()
        return commands.Made(sha256, path.stat().st_size, pages, level, seals, authority)

    def _note(self, report_id: UUID, step: str, done: int, of: int) -> None:
        with transaction() as session:
            commands.note_progress(session, report_id, step, done, of, clock.now())


def identifier_of(report: Report, content: Content) -> str:
    """The PDF's /ID: the same for the same content of the same report, another for every other."""
    of = (report.kind, str(report.record_id), str(report.revision), report.language, content.digest)
    return hashlib.sha256("\n".join(of).encode()).hexdigest()[:32]


def _load(report_id: UUID) -> Report:
    reading().expire_all()
    report = reading().get(Report, report_id)
    if report is None:
        raise NotFound()
    return report


def _deed(seal: Seal, stamp: Path | None) -> Deed:
    """What is written into the signature, in the current language."""
    who = ", ".join(part for part in (seal.role, seal.organisation) if part)
    return Deed(seal.field, seal.name or "", f"{who}: {seal.meaning}" if who else seal.meaning, stamp)


def _in_language(language: str, write: Callable[[], Any]) -> Any:
    """Templates, dates and data words in the report's language."""
    g.setdefault("actor", None)  # nobody reads here: instants stand in the house's time zone
    with force_locale(babel_locale(language)):
        before, g.language = g.get("language"), language
        try:
            return write()
        finally:
            g.pop("language") if before is None else setattr(g, "language", before)


def _style(name: str) -> str:
    """The sheet beside a template: templates/pdf/<name>.css; empty when there is none (report.css then)."""
    loader = current_app.jinja_env.loader
    assert loader is not None
    try:
        return loader.get_source(current_app.jinja_env, f"pdf/{name}.css")[0]
    except LookupError:  # jinja2.TemplateNotFound is one
        return ""


def _qr(address: str) -> str:
    import segno

    return str(
        segno.make(address, error="m").svg_data_uri(border=0, dark="#14191f", svgclass=None, lineclass=None)
    )
