"""Two who hand over the same keys at the same moment: one does, on both engines."""

from __future__ import annotations

import threading
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.adapters import clock
from app.db import reading, transaction
from app.domain.errors import Stale
from app.features.accounts.models import Person
from app.features.accounts.queries import actor_of
from app.features.handovers.commands import keys
from app.features.handovers.models import Handover
from app.features.places.models import Unit
from app.features.reports.models import Report
from tests.cast import assemble
from tests.factories.walk import raise_estate


def test_one_hands_over_and_the_others_are_told(app_on_both: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the gate asks for is tested elsewhere (test_keys.py): here it is open."""
    app = app_on_both
    cast = assemble(app)
    place = raise_estate(app, cast)
    monkeypatch.setattr(keys, "keys_gate", lambda ready: [])
    unit, now = place.units[0], clock.now()
    together, answers = threading.Barrier(3), list[str]()

    def give(person: UUID) -> None:
        with app.app_context():
            actor = actor_of(reading(), reading().get_one(Person, person))
            wanted = keys.Handing(now.date(), "owner", "Zhang Wei")
            together.wait()
            try:
                with transaction() as session:
                    answers.append(keys.hand_over(session, actor, unit, wanted, now).number)
            except Stale as error:
                answers.append(error.code)

    threads = [threading.Thread(target=give, args=[one]) for one in (place.officer, cast.manager, cast.admin)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    number, *told = sorted(answers)
    assert number.startswith("HO-") and told == ["handed_over_already"] * 2
    with app.app_context():
        assert len(reading().scalars(select(Handover)).all()) == 1
        assert len(reading().scalars(select(Report)).all()) == 1
        assert reading().get_one(Unit, unit).state == "handed_over"
