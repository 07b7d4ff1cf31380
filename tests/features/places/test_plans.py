"""Plans of a unit type through HTTP: revisions, another page, an address that never changes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from io import BytesIO
from uuid import UUID

import pikepdf
import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from app.adapters.jobs import KEY, Jobs
from app.db import reading
from app.features.places.models import Plan, UnitType
from tests.cast import Cast
from tests.client import PageClient
from tests.features.places.estate import a_unit, an_estate, granted

Clients = Callable[..., PageClient]


@pytest.fixture
def here(app: Flask, cast: Cast) -> str:
    """The address of type A1."""
    estate = an_estate(app, cast)
    with app.app_context():
        kind = reading().scalars(select(UnitType)).one()
        return f"/estates/{estate}/types/{kind.id}"


def pdf(pages: int) -> bytes:
    """Page n of it is drawn n times as wide."""
    made = pikepdf.new()
    for number in range(1, pages + 1):
        made.add_blank_page(page_size=(100 * number, 100))
    buffer = BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def png(colour: str) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (64, 48), colour).save(buffer, "PNG")
    return buffer.getvalue()


def revisions(app: Flask) -> list[Plan]:
    with app.app_context():
        return list(reading().scalars(select(Plan).order_by(Plan.revision)))


def test_a_plan_its_next_revision_and_another_page(
    app: Flask, cast: Cast, here: str, client_for: Clients
) -> None:
    estate = UUID(here.split("/")[2])
    client = client_for(granted(app, estate))

    def send(content: bytes, **more: str) -> int:
        return client.post(f"{here}/plans", {"file": (BytesIO(content), "plan.pdf"), **more}).status_code

    assert send(png("white")) == 303
    assert send(png("white")) == 303, "the same picture is no new revision"
    assert [plan.revision for plan in revisions(app)] == [1]
    original = pdf(3)
    assert send(original, page="2") == 303
    first, second = revisions(app)
    assert (second.kind, second.page, second.pages, second.width) == ("pdf", 2, 3, 2048)
    assert second.sha256 == hashlib.sha256(original).hexdigest()
    page = client.get(here).text
    assert "This is page 2 of 3" in page and f"/plans/{second.picture_sha256}" in page
    beyond = client.post(f"{here}/plans/{second.id}/page", {"page": "4"})
    assert beyond.status_code == 422 and "This file has 3 pages." in beyond.text
    assert client.post(f"{here}/plans/{second.id}/page", {"page": "1"}).status_code == 303
    third = revisions(app)[2]
    assert (third.revision, third.page, third.sha256) == (3, 1, second.sha256)
    refused = client.post(f"{here}/plans", {"file": (BytesIO(b"words"), "plan.pdf")})
    assert refused.status_code == 422 and 'id="file-error"' in refused.text
    assert client.post(f"{here}/plans", {}).status_code == 422

    picture = client.get(f"/plans/{first.picture_sha256}")
    assert picture.status_code == 200 and picture.mimetype == "image/png"
    assert hashlib.sha256(picture.data).hexdigest() == first.picture_sha256
    assert "immutable" in picture.headers["Cache-Control"] and "private" in picture.headers["Cache-Control"]
    again = client.get(f"/plans/{first.picture_sha256}", headers={"If-None-Match": picture.headers["ETag"]})
    assert again.status_code == 304
    unit = a_unit(app, cast, estate, "Tower 2", "15", "1502")
    shown = client.get(f"/u/{unit}").text
    assert re.search(rf'<img class="floorplan" src="/plans/{third.picture_sha256}" width="2048"', shown)


def test_a_stranger_sees_no_plan(app: Flask, cast: Cast, here: str, client_for: Clients) -> None:
    sent = {"file": (BytesIO(png("white")), "p.png")}
    assert client_for(cast.admin).post(f"{here}/plans", sent).status_code == 303
    (plan,) = revisions(app)
    for person in (cast.stranger, cast.owner, granted(app, cast.other_supplier, kind="company")):
        client = client_for(person)
        assert client.get(f"/plans/{plan.picture_sha256}").status_code == 404
        assert client.post(f"{here}/plans", {"file": (BytesIO(png("red")), "p.png")}).status_code == 404
    assert len(revisions(app)) == 1


def test_a_large_plan_is_taken_where_other_forms_are_not(
    app: Flask, cast: Cast, here: str, client_for: Clients
) -> None:
    content = pdf(1) + b"\n%" + b"x" * (25 << 20)
    answer = client_for(cast.admin).post(f"{here}/plans", {"file": (BytesIO(content), "plan.pdf")})
    assert answer.status_code == 303


def test_the_worker_cuts_a_plan_into_tiles_and_nobody_else_gets_them(
    app: Flask, cast: Cast, here: str, client_for: Clients
) -> None:
    client = client_for(granted(app, UUID(here.split("/")[2])))
    image = Image.new("RGB", (4096, 1024), "white")
    image.paste((174, 35, 29), (0, 0, 600, 600))
    buffer = BytesIO()
    image.save(buffer, "PNG")
    sent = {"file": (BytesIO(buffer.getvalue()), "plan.png")}
    assert client.post(f"{here}/plans", sent).status_code == 303
    (plan,) = revisions(app)
    address = f"/plans/{plan.picture_sha256}/tiles"
    assert plan.tiles is None and client.get(f"{address}/0/0/0").status_code == 404
    work: Jobs = app.extensions[KEY]
    with app.app_context():
        work.run_due(app)
    (plan,) = revisions(app)
    assert plan.tiles == [[4096, 1024]]
    piece = client.get(f"{address}/0/0/0")
    assert piece.status_code == 200 and piece.mimetype == "image/webp"
    assert "immutable" in piece.headers["Cache-Control"] and "private" in piece.headers["Cache-Control"]
    with Image.open(BytesIO(piece.data)) as drawn:
        red, green, blue = drawn.convert("RGB").getpixel((100, 100))
    assert red > 150 and green < 70 and blue < 70
    assert client.get(f"{address}/0/1/7").status_code == 204
    assert client.get(f"{address}/0/2/0").status_code == client.get(f"{address}/1/0/0").status_code == 404
    assert client_for(cast.stranger).get(f"{address}/0/0/0").status_code == 404
