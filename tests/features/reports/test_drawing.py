"""What leaves the renderer: PDF/A-3u that real tools accept, whatever people typed, and nothing fetched."""

from __future__ import annotations

import http.server
import io
import re
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest

from app.adapters.pdf import LIMITS, Enclosed, PrintRoom, Sheet
from app.adapters.workroom import Limits
from app.domain.errors import Invalid, Unavailable
from tests.features.reports.conftest import House, put_photo

AT = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
CSS = "body { font: 9pt 'Noto Sans CJK SC', sans-serif }"
PAYLOADS = [
    "<script>alert(1)</script><img src=http://127.0.0.1:9/x.png>",
    "{{ 7*7 }}{% for x in () %}{{ config }}",
    "</style><style>*{display:none}@import url(file:///etc/passwd);",
    "\x00\x01\x07\x0b\x0c\x1b\x7f\x80\x85\x9f\u2028\u2029 controls",
    "soft\u00adhyphen\u2028near\u00ada wrap " * 40,
    "lone \ud800 and \udfff surrogates",
    "private \ue000 \uf8ff \U000f0000 and never \ufdd0 \ufffe \U0001ffff",
    "right \u202eto left\u202c \u2067mark\u2069 \u200f\u200e עברית العربية",
    "emoji 😀 👩‍👩‍👧 🏳️‍🌈 ☃️ 1️⃣ flags 🇨🇳",
    "rare 𠮷 龘 㙍 𰻝 \U0002ebf0 ꙮ 𓀀 \u0e01\u0e33",
    "检" * 3000,
    "W" * 3000,
    "ﷺ" * 200 + "\u0301" * 500,
]


@pytest.fixture
def page(house: House) -> Iterator[Path]:
    """A report that is hostile in every field."""
    walk = house.walks.told[house.cast.other_site]
    walk.note, walk.notes = PAYLOADS[0], PAYLOADS
    walk.title = PAYLOADS[2] + PAYLOADS[5]
    walk.auditor, walk.auditee = PAYLOADS[0] + PAYLOADS[4], PAYLOADS[9] + PAYLOADS[5]
    report = house.ask(house.cast.other_site)
    house.make(report)
    assert house.row(report).state == "issued", house.row(report).error
    yield written(house, report)


def written(house: House, report: object = None) -> Path:
    path = house.data / "report.pdf"
    path.write_bytes(house.file(report))  # type: ignore[arg-type]
    return path


def test_real_tools_accept_it(made: House, tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(made.file())
    assert "No syntax or stream encoding errors" in out("qpdf", "--check", path)
    text = out("pdftotext", path, "-")
    for said in ("检验记录：压力表指针在绿区", "𠮷野家", "W-2026-0007", "http://localhost/verify/"):
        assert said in text, said
    every_font_is_embedded(path)
    is_pdf_a(path)


def test_the_seals_hold_for_a_reader_that_trusts_us(made: House, tmp_path: Path) -> None:
    path, store = tmp_path / "report.pdf", f"sql:{tmp_path / 'nss'}"
    (tmp_path / "nss").mkdir()
    path.write_bytes(made.file())
    out("certutil", "-N", "-d", store, "--empty-password")
    out("certutil", "-A", "-n", "ours", "-t", "CT,C,C", "-i", made.authority, "-d", store)
    told = out("pdfsig", "-nssdir", store, path)
    assert told.count("Signature is Valid.") == 2
    assert told.count("Certificate is Trusted.") == 2
    assert "Total document signed" in told
    for said in ("SigAuditor", "SigAuditee", "ETSI.CAdES.detached", "Nordhaven Appliances"):
        assert said in told, said


def test_seals_say_who_did_what_and_stand_where_they_belong(made: House) -> None:
    with pikepdf.open(io.BytesIO(made.file())) as pdf:
        fields = {str(field.T): field for field in pdf.Root.AcroForm.Fields}
        assert set(fields) == {"SigAuditor", "SigAuditee", "SigApprover"}
        assert "/V" not in fields["SigApprover"]
        signed = fields["SigAuditee"].V
        assert str(signed.Name) == "王建国" and "我确认事实。" in str(signed.Reason)
        assert str(signed.ContactInfo) == f"http://localhost/verify/{made.row(made.report).verify_id}"
        certified = fields["SigAuditor"].V.Reference[0].TransformParams
        assert int(certified.P) == 2 and pdf.Root.Perms.DocMDP.objgen == fields["SigAuditor"].V.objgen
        left, bottom, right, top = (float(n) for n in fields["SigAuditor"].Rect)
        assert right - left > 100 and 45 < top - bottom < 60  # the 18 mm of the template


def test_the_frozen_data_travels_inside(made: House) -> None:
    with pikepdf.open(io.BytesIO(made.file())) as pdf:
        assert set(pdf.attachments) == {"walk.json", "answers.csv"}
        assert b'"note"' in pdf.attachments["walk.json"].get_file().read_bytes()
        kinds = {str(spec.F): str(spec.AFRelationship) for spec in pdf.Root.AF}
        assert kinds == {"walk.json": "/Data", "answers.csv": "/Supplement"}
        assert pdf.attachments["walk.json"].get_file().mime_type == "application/json"


def test_hostile_text_is_only_text(page: Path) -> None:
    assert "No syntax or stream encoding errors" in out("qpdf", "--check", page)
    is_pdf_a(page)
    every_font_is_embedded(page)
    nothing_is_an_empty_box(page)
    text = out("pdftotext", page, "-")
    flat = re.sub(r"\s", "", text)
    for said in ("<script>alert(1)</script>", "{{7*7}}", "@importurl(file:///etc/passwd)", "softhyphen"):
        assert said in flat, said
    assert "检" * 20 in flat and "root:" not in text and "[U+" in flat


def test_nothing_people_type_reaches_the_reader_as_a_control(page: Path) -> None:
    raw = subprocess.run(["pdftotext", "-raw", str(page), "-"], capture_output=True, check=True).stdout
    text = raw.decode("utf-8").replace("\x0c", "\n")
    assert not re.search("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u00ad\ue000-\uf8ff\ufffe\u202e]", text)


@pytest.mark.parametrize("count", [0, 1, 60])
def test_any_number_of_photos(house: House, count: int) -> None:
    sizes = [(640, 480), (480, 640), (64, 900), (1280, 12)]
    photos = [put_photo(house.data, 100 + n, sizes[n % 4]) for n in range(min(count, 8))]
    walk = house.walks.told[house.cast.other_site]
    walk.photos = [photos[n % len(photos)] for n in range(count)] if photos else []
    report = house.ask(house.cast.other_site)
    house.make(report)
    assert house.row(report).state == "issued"
    path = written(house, report)
    is_pdf_a(path)
    with pikepdf.open(path) as pdf:
        images = [
            image
            for image in pdf.objects
            if isinstance(image, pikepdf.Stream)
            and image.get("/Subtype") == "/Image"
            and image.get("/Filter") == "/DCTDecode"
        ]
        assert len(images) == len(set(photos))


class Listener(http.server.BaseHTTPRequestHandler):
    """A server that must never hear from us."""

    heard: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        self.heard.append(self.path)
        self.send_response(302)
        self.send_header("Location", "file:///etc/passwd")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    server = http.server.HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


OUTSIDE = {
    "picture": '<img src="{}">',
    "picture of another report": '<img src="photo:' + "f" * 64 + '">',
    "sheet": '<link rel="stylesheet" href="{}">',
    "import": "<style>@import url({});</style>",
    "font": "<style>@font-face {{ font-family: x; src: url({}) }} p {{ font-family: x }}</style><p>x",
    "background": "<style>body {{ background: url({}) }}</style>",
    "list mark": "<style>li {{ list-style-image: url({}) }}</style><ul><li>x</ul>",
    "content": "<style>p::before {{ content: url({}) }}</style><p>x",
    "page": "<style>@page {{ background: url({}) }}</style>",
    "object": '<object data="{}"></object>',
    "embed": '<embed src="{}">',
    "svg image": '<svg width="9" height="9"><image href="{}" width="9" height="9"/></svg>',
    "svg in a data address": '<img src="data:image/svg+xml,'
    "%3Csvg xmlns=%27http://www.w3.org/2000/svg%27 width=%279%27 height=%279%27%3E%3Cimage href=%27{}%27 "
    'width=%279%27 height=%279%27/%3E%3C/svg%3E">',
    "linked attachment": '<a rel="attachment" href="{}">x</a>',
}


@pytest.mark.parametrize("scheme", ["http", "file"])
@pytest.mark.parametrize("way", OUTSIDE)
def test_nothing_is_fetched_from_outside(room: PrintRoom, elsewhere: str, way: str, scheme: str) -> None:
    address = f"{elsewhere}/{way.replace(' ', '-')}" if scheme == "http" else "file:///etc/passwd"
    html = f"<html lang=en><title>x</title><body>{OUTSIDE[way].format(address)}"
    with pytest.raises(Invalid, match="report_foreign_address"), room.drawn(sheet(html)):
        pass
    assert Listener.heard == []


def test_only_our_own_files_are_attached(room: PrintRoom, elsewhere: str) -> None:
    html = "<html lang=en><title>x</title><link rel=attachment href=file:///etc/passwd>"
    html += f"<link rel=attachment href={elsewhere}/x><p>x"
    with room.drawn(sheet(html)) as drawn, pikepdf.open(drawn.path) as pdf:
        assert list(pdf.attachments) == []
    assert Listener.heard == []


def test_the_sheet_may_not_fetch_either(room: PrintRoom, elsewhere: str) -> None:
    with (
        pytest.raises(Invalid, match="report_foreign_address"),
        room.drawn(Sheet("<html lang=en><title>x</title>", f"@import url({elsewhere}/x.css);", "0" * 32, AT)),
    ):
        pass
    assert Listener.heard == []


def test_half_a_photo_ends_it(room: PrintRoom, tmp_path: Path) -> None:
    from tests.factories.photos import half_a_jpeg

    path = tmp_path / "half.jpg"
    path.write_bytes(half_a_jpeg())
    html = f'<html lang=en><title>x</title><img src="photo:{"a" * 64}">'
    with (
        pytest.raises(Invalid, match="report_picture_broken"),
        room.drawn(Sheet(html, "", "0" * 32, AT, photos={"a" * 64: path})),
    ):
        pass


def test_the_same_input_gives_the_same_bytes(room: PrintRoom, made: House) -> None:
    html = "<html lang=zh-Hans><title>检验</title><h1>检验</h1><p id=here>x</p>"
    enclosed = [Enclosed("a.json", "application/json", b"{}", "Data", "all", AT)]
    seen = set()
    for _ in range(2):
        with room.drawn(Sheet(html, CSS, "ab" * 16, AT, enclosed=enclosed, anchors=["here"])) as drawn:
            seen.add(drawn.path.read_bytes())
            assert drawn.boxes["here"].page == 0 and drawn.boxes["here"].right > drawn.boxes["here"].left
    assert len(seen) == 1


def test_a_place_for_a_seal_that_is_not_there_is_said(room: PrintRoom) -> None:
    with (
        pytest.raises(Invalid, match="report_anchor_missing") as said,
        room.drawn(Sheet("<html lang=en><title>x</title>", "", "0" * 32, AT, anchors=["sig-auditor"])),
    ):
        pass
    assert said.value.params["what"] == "sig-auditor"


def test_a_page_that_never_ends_is_ended(tmp_path: Path) -> None:
    """Nested flex is exponential in this renderer (pdf.md §5.3)."""
    small = PrintRoom(tmp_path, Limits(memory=LIMITS.memory, cpu=1, wall=20.0, jobs=5, start=30.0))
    html = "<html lang=en><title>x</title>" + "<div style='display:flex;flex-direction:column'>" * 12 + "x"
    try:
        with pytest.raises(Invalid, match="report_too_heavy"), small.drawn(sheet(html)):
            pass
        with small.drawn(sheet("<html lang=en><title>x</title><p>fine")) as drawn:
            assert drawn.pages == 1
    finally:
        small.close()


def test_memory_has_an_end(tmp_path: Path) -> None:
    small = PrintRoom(tmp_path, Limits(memory=450 << 20, cpu=30, wall=60.0, jobs=5, start=30.0))
    html = "<html lang=en><title>x</title><!--" + "x" * (150 << 20) + "-->"
    try:
        with pytest.raises(Invalid, match="report_too_heavy"), small.drawn(sheet(html)):
            pass
    finally:
        small.close()


def test_a_missing_font_is_an_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.adapters.pdf.FONT_FOLDERS", (tmp_path,))
    bare = PrintRoom(tmp_path / "fonts")
    try:
        with pytest.raises(Unavailable, match="report_renderer_missing") as said:
            bare.warm()
        assert "Chinese" in said.value.params["what"]
    finally:
        bare.close()


@pytest.fixture
def room(made: House) -> PrintRoom:
    return made.works.room


def sheet(html: str) -> Sheet:
    return Sheet(html, CSS, "0" * 32, AT)


def out(*command: object) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")[-500:]
    return done.stdout.decode("utf-8", "replace")


def every_font_is_embedded(path: Path) -> None:
    lines = out("pdffonts", path).splitlines()[2:]
    assert lines
    for line in lines:
        embedded, subset, unicode = line.split()[-5:-2]
        assert (embedded, subset, unicode) == ("yes", "yes", "yes"), line


def nothing_is_an_empty_box(path: Path) -> None:
    """Glyph 0 is what a font draws for what it does not have; PDF/A forbids it."""
    with pikepdf.open(path) as pdf:
        for page in pdf.pages:
            for operands, operator in pikepdf.parse_content_stream(page, "Tj TJ"):
                parts = operands[0] if str(operator) == "TJ" else operands
                for part in parts:
                    if isinstance(part, pikepdf.String):
                        shown = bytes(part)
                        assert b"\0\0" not in {shown[at : at + 2] for at in range(0, len(shown), 2)}


def is_pdf_a(path: Path) -> None:
    """What can be asked of a PDF/A-3u without veraPDF (pdf.md §3)."""
    with pikepdf.open(path) as pdf:
        intents = [str(intent.S) for intent in pdf.Root.OutputIntents]
        assert intents == ["/GTS_PDFA1"]
        told = pdf.Root.Metadata.read_bytes().decode()
        assert re.search(r'pdfaid:part\W+3\b|pdfaid:part="3"', told), told[:600]
        assert re.search(r'pdfaid:conformance\W+U\b|pdfaid:conformance="U"', told)
        assert "/Encrypt" not in pdf.trailer and len(pdf.trailer.ID) == 2
        for each in pdf.objects:
            if isinstance(each, pikepdf.Stream):
                assert not bool(each.get("/Interpolate", False)), "interpolated picture"
                assert each.get("/ColorSpace") != "/DeviceCMYK"
                assert "/F" not in each, "data from outside the file"
            if isinstance(each, pikepdf.Dictionary) and each.get("/Type") == "/Font":
                if each.get("/Subtype") in ("/TrueType", "/Type1"):
                    assert "/FontDescriptor" in each
                if each.get("/Subtype") == "/Type0":
                    program = each.DescendantFonts[0].FontDescriptor
                    assert {"/FontFile2", "/FontFile3"} & set(program.keys()) and "/ToUnicode" in each
            if isinstance(each, pikepdf.Dictionary):
                assert each.get("/S") not in ("/JavaScript", "/Launch", "/URI") or each.get("/S") == "/URI"
