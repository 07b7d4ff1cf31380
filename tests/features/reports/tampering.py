"""Every attack on a sealed report that was measured (pdf.md §4), made as a file from an issued one.

None of these touches the sealing keys: whoever does this has the report and good tools, and nothing else.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import pikepdf
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import PageObject


def flipped_byte(data: bytes) -> bytes:
    """One bit of a photo."""
    place = data.index(b"\xff\xd8\xff") + 2000
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def flipped_in_header(data: bytes) -> bytes:
    """One letter of the comment behind the header."""
    place = data.index(b"\n", 0, 20) + 2
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def replaced_page(data: bytes) -> bytes:
    """The page shows another text."""

    def change(writer: IncrementalPdfFileWriter, page: generic.DictionaryObject) -> None:
        page["/Contents"] = writer.add_object(
            generic.StreamObject(stream_data=b"BT /F1 20 Tf 100 500 Td (Grade A) Tj ET")
        )

    return _updated(data, change)


def annotated(data: bytes) -> bytes:
    """A text box over the page."""

    def change(writer: IncrementalPdfFileWriter, page: generic.DictionaryObject) -> None:
        note = generic.DictionaryObject(
            {
                pdf_name("/Type"): pdf_name("/Annot"),
                pdf_name("/Subtype"): pdf_name("/FreeText"),
                pdf_name("/Rect"): generic.ArrayObject(
                    [generic.NumberObject(n) for n in (50, 500, 300, 600)]
                ),
                pdf_name("/Contents"): generic.pdf_string("Grade A"),
            }
        )
        page["/Annots"].append(writer.add_object(note))

    return _updated(data, change)


def added_page(data: bytes) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    contents = writer.add_object(generic.StreamObject(stream_data=b"0 0 100 100 re f"))
    writer.insert_page(PageObject(contents=contents, media_box=(0, 0, 595, 842)))
    return _written(writer)


def swapped_font(data: bytes) -> bytes:
    """The letters of one font are drawn by another program."""

    def change(writer: IncrementalPdfFileWriter, page: generic.DictionaryObject) -> None:
        fonts = page["/Resources"]["/Font"]
        font = fonts[next(iter(fonts))]
        descriptor = font["/DescendantFonts"][0]["/FontDescriptor"]
        key = next(name for name in ("/FontFile3", "/FontFile2") if name in descriptor)
        program = generic.StreamObject(
            dict_data={pdf_name("/Subtype"): pdf_name("/OpenType")}, stream_data=b"no"
        )
        descriptor[key] = writer.add_object(program)
        writer.update_container(descriptor)

    return _updated(data, change)


def emptied_photo(data: bytes) -> bytes:
    """One photo becomes a white pixel, under the same number."""

    def change(writer: IncrementalPdfFileWriter, page: generic.DictionaryObject) -> None:
        pictures = page["/Resources"]["/XObject"]
        name = next(name for name in pictures if pictures[name]["/Subtype"] == "/Image")
        picture = pictures[name]
        picture._data = b"\xff\xff\xff"
        for key in ("/Filter", "/DecodeParms"):
            picture.pop(pdf_name(key), None)
        picture["/Width"] = picture["/Height"] = generic.NumberObject(1)
        white = generic.StreamObject(
            dict_data={
                pdf_name("/Type"): pdf_name("/XObject"),
                pdf_name("/Subtype"): pdf_name("/Image"),
                pdf_name("/Width"): generic.NumberObject(1),
                pdf_name("/Height"): generic.NumberObject(1),
                pdf_name("/ColorSpace"): pdf_name("/DeviceRGB"),
                pdf_name("/BitsPerComponent"): generic.NumberObject(8),
            },
            stream_data=b"\xff\xff\xff",
        )
        pictures[pdf_name(name)] = writer.add_object(white)
        writer.update_container(pictures)

    return _updated(data, change)


def added_attachment(data: bytes) -> bytes:
    from pyhanko.pdf_utils.embed import EmbeddedFileObject, FileSpec, embed_file

    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    held = EmbeddedFileObject.from_file_data(writer, data=b"grade,A", mime_type="text/csv")
    embed_file(writer, FileSpec(file_spec_string="other.csv", embedded_data=held))
    return _written(writer)


def resaved(data: bytes) -> bytes:
    """What "Save as" of many programs does."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.save(out)
    return out.getvalue()


def stripped(data: bytes) -> bytes:
    """Written anew without its seals."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        del pdf.Root.AcroForm
        for page in pdf.pages:
            if "/Annots" in page:
                del page.Annots
        pdf.save(out)
    return out.getvalue()


def stripped_by_update(data: bytes) -> bytes:
    """The form is taken out by an update, the sealed bytes stay."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    del writer.root["/AcroForm"]
    writer.update_root()
    return _written(writer)


def truncated(data: bytes) -> bytes:
    """Cut back to what it was before the last seal."""
    ends = [place for place in range(len(data)) if data.startswith(b"%%EOF", place)]
    return data[: ends[-2] + 6]


def commented(data: bytes) -> bytes:
    return data + b"% a comment\n"


def with_junk(data: bytes) -> bytes:
    return data + bytes(range(256)) * (2 << 12)


def with_an_unreadable_update(data: bytes) -> bytes:
    return data + b"\n1 0 obj\n<< /Type /Catalog >>\nendobj\nstartxref\n99999999\n%%EOF\n"


ATTACKS: dict[str, tuple[Callable[[bytes], bytes], str, list[str]]] = {
    # name → (how, what our verifier must call it, which changes it must name)
    "flipped byte in a photo": (flipped_byte, "broken", []),
    "flipped byte in the header": (flipped_in_header, "broken", []),
    "replaced page": (replaced_page, "changed", ["page_content"]),
    "added page": (added_page, "changed", ["page_added"]),
    "annotation": (annotated, "changed", ["annotation"]),
    "swapped font": (swapped_font, "changed", ["font"]),
    "emptied photo": (emptied_photo, "changed", ["picture"]),
    "added attachment": (added_attachment, "changed", ["attachment"]),
    "full re-save": (resaved, "rewritten", []),
    "stripped form": (stripped, "stripped", []),
    "stripped by an update": (stripped_by_update, "stripped", []),
    "truncated to an earlier revision": (truncated, "earlier", []),
    "comment behind the end": (commented, "appended", []),
    "2 MB of junk behind the end": (with_junk, "appended", []),
    "an update nobody can read": (with_an_unreadable_update, "changed", ["unreadable_update"]),
}


def _updated(
    data: bytes, change: Callable[[IncrementalPdfFileWriter, generic.DictionaryObject], None]
) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    page = writer.root["/Pages"]["/Kids"][0]
    change(writer, page)
    writer.update_container(page)
    return _written(writer)


def _written(writer: IncrementalPdfFileWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
