"""The sites of a company at the desk."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from app.db import transaction
from app.features.places.models import Site
from app.journal import Entry
from tests.cast import Cast
from tests.client import PageClient

Clients = Callable[..., PageClient]
PLANT = {
    "name": "Plant 2",
    "address": "18 Xinghu Street\nBuilding 4",
    "city": "苏州",
    "time_zone": "Asia/Tokyo",
}


def site_named(app: Flask, name: str) -> Site:
    with app.app_context(), transaction() as session:
        return session.scalars(select(Site).where(Site.name == name)).one()


def acts(app: Flask, record_id: UUID) -> list[str]:
    with app.app_context(), transaction() as session:
        return list(
            session.scalars(select(Entry.act).where(Entry.record_id == record_id).order_by(Entry.seq))
        )


def test_a_site_is_added_with_its_zone_and_found_by_its_city(
    app: Flask, cast: Cast, client_for: Clients
) -> None:
    client = client_for(cast.manager)
    form = client.get(f"/suppliers/{cast.supplier}/sites/new").text
    assert '<option value="Asia/Shanghai" selected>' in form
    assert client.post(f"/suppliers/{cast.supplier}/sites", PLANT).status_code == 303
    site = site_named(app, "Plant 2")
    assert (site.time_zone, site.address) == ("Asia/Tokyo", "18 Xinghu Street\nBuilding 4")
    assert acts(app, site.id) == ["site.created"]
    fragment = client.htmx(f"/suppliers/{cast.supplier}/sites").text
    assert 'id="sites"' in fragment
    assert "Plant 2" in fragment
    assert "Hengda" in client.get("/suppliers?q=苏州").text
    assert "Goldleaf" not in client.get("/suppliers?q=苏州").text


def test_wrong_fields_are_named_and_typing_stays(cast: Cast, client_for: Clients) -> None:
    answer = client_for(cast.manager).post(
        f"/suppliers/{cast.supplier}/sites",
        {
            "name": "",
            "city": "z" * 121,
            "country": "C",
            "time_zone": "Mars/Phobos",
            "address": "kept address",
        },
    )
    assert answer.status_code == 422
    for field in ("name", "city", "country", "time_zone"):
        assert f'id="{field}-error"' in answer.text
    assert "kept address" in answer.text


def test_a_stale_edit_of_a_site_is_noticed(app: Flask, cast: Cast, client_for: Clients) -> None:
    client, path = client_for(cast.manager), f"/suppliers/{cast.supplier}/sites/{cast.site}"
    first = {"name": "Suzhou", "city": "Suzhou", "time_zone": "Asia/Shanghai", "record_version": "1"}
    assert client.post(path, {**first, "address": "first address"}).status_code == 303
    answer = client.post(path, {**first, "address": "typed meanwhile"})
    assert answer.status_code == 409
    assert "typed meanwhile" in answer.text
    assert "first address" in answer.text
    assert 'name="record_version" value="2"' in answer.text
    assert acts(app, cast.site) == ["site.changed"]


def test_a_site_is_retired_and_restored(app: Flask, cast: Cast, client_for: Clients) -> None:
    client, path = client_for(cast.manager), f"/suppliers/{cast.supplier}/sites/{cast.site}"
    assert client.post(f"{path}/retirement", {"record_version": "1"}).status_code == 303
    assert "Retired" in client.htmx(f"/suppliers/{cast.supplier}/sites").text
    assert client.post(f"{path}/restoration", {"record_version": "2"}).status_code == 303
    assert acts(app, cast.site) == ["site.retired", "site.restored"]


def test_a_site_is_reached_through_its_own_company_only(cast: Cast, client_for: Clients) -> None:
    client = client_for(cast.manager)
    crossed = f"/suppliers/{cast.supplier}/sites/{cast.other_site}"
    assert client.get(f"{crossed}/edit").status_code == 404
    for path in (crossed, f"{crossed}/retirement", f"{crossed}/restoration"):
        assert client.post(path, PLANT).status_code == 404


def test_who_may_not_manage_sites_does_not_find_the_forms(cast: Cast, client_for: Clients) -> None:
    for person in (cast.owner, cast.stranger):
        client = client_for(person)
        assert client.get(f"/suppliers/{cast.supplier}/sites/new").status_code == 404
        assert client.post(f"/suppliers/{cast.supplier}/sites", PLANT).status_code == 404
    scoped = client_for(cast.scoped)
    assert scoped.get(f"/suppliers/{cast.other_supplier}/sites/{cast.other_site}/edit").status_code == 404
    assert scoped.post(f"/suppliers/{cast.supplier}/sites", PLANT).status_code == 303
