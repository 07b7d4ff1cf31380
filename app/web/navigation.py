"""The places in the rail and in the bar below; wiring.py gives them and their order."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, request, url_for
from flask_babel.speaklater import LazyString

from app.domain.permissions import Act, may_somewhere
from app.web.identity import current_actor

PLACES = "plumbline.places"


@dataclass(frozen=True)
class Place:
    endpoint: str
    icon: str
    label: LazyString
    act: Act | None = None
    unless: Act | None = None  # for people without it: the bar below holds five
    phone: bool = False
    desk: bool = True
    view: str = ""  # of the app at that address
    also: tuple[str, ...] = ()  # beginnings of addresses that belong to it beside its own


def register(app: Flask, places: list[Place]) -> None:
    app.extensions[PLACES] = places


def init(app: Flask) -> None:
    def places(phone: bool = False) -> list[dict[str, object]]:
        person = current_actor()
        if person is None:
            return []
        every: list[Place] = app.extensions.get(PLACES, [])
        section = [place for place in every if place.endpoint.split(".")[0] == request.blueprint]
        if len(section) > 1:  # one feature with two places: the address tells them apart
            section = [
                place for place in section if request.path.startswith((url_for(place.endpoint), *place.also))
            ]
        if not section:  # another feature's page under a place's address, as a supplier's sites are
            section = [place for place in every if request.path.startswith(f"{url_for(place.endpoint)}/")]
        return [
            {
                "url": url_for(place.endpoint) + place.view,
                "icon": place.icon,
                "label": place.label,
                "current": place in section,
            }
            for place in every
            if (place.phone if phone else place.desk)
            and (place.act is None or may_somewhere(person, place.act))
            and (place.unless is None or not may_somewhere(person, place.unless))
        ]

    def theme() -> str:
        chosen = request.cookies.get("plumbline_theme", "")
        return chosen if chosen in ("light", "dark", "sun") else ""

    app.jinja_env.globals.update(places=places, theme=theme, person=current_actor)
