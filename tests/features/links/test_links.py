"""Guest access: a button page for scanners, a narrow cookie, exact records, an end, each use written down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.adapters.passwords import secret_hash
from app.db import reading, transaction
from app.domain.errors import Invalid
from app.features.links import commands, queries
from app.features.links.commands import Recipient, Where
from app.features.links.models import GuestSession, Link, LinkSecret, LinkUse
from app.outbox import Outgoing
from tests.cast import assemble
from tests.client import PageClient
from tests.features.actions.steps import CONTAIN, enter, letters, raised, row, step, subject, to, token_in

HERE = Where("192.0.2.7", "tests")


@pytest.fixture
def sent(app, cast, client_for):
    """A case whose contact got a letter: (manager, address, token in the letter)."""
    manager = client_for(cast.manager)
    address = raised(manager, cast, **subject(app, cast))
    return manager, address, token_in(to(letters(app), "wang@hengda.example")[0])


def test_fetching_the_link_uses_nothing_up_and_shows_nothing(app, sent):
    _, _, token = sent
    scanner = PageClient(app, None)
    for _ in range(3):
        page = scanner.get(f"/l/{token}")
        assert page.status_code == 200 and "Red-area" not in page.get_data(as_text=True)
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "guest" not in str(page.headers.getlist("Set-Cookie"))
    with app.app_context():
        assert reading().scalars(select(LinkUse)).all() == []
    assert enter(app, token).arrived.startswith("/l/actions/"), (
        "and then it works, without a secret in the address"
    )


def test_no_secret_is_stored_anywhere(app, sent):
    _, _, token = sent
    with app.app_context():
        session = reading()
        hashes = session.scalars(select(LinkSecret.secret_hash)).all()
        assert secret_hash(token) in hashes and token not in hashes
        for payload in session.scalars(select(Outgoing.payload)):
            assert token not in str(payload)


def test_a_stranger_with_the_link_sees_this_case_and_nothing_else(app, cast, client_for, sent):
    manager, address, token = sent
    other = raised(manager, cast, title="Another secret", severity="minor")
    phone = enter(app, token)
    assert phone.get(f"/l{address}").status_code == 200
    for closed in (f"/l{other}", address, "/actions", "/suppliers", "/me", f"/l{other}/photos/{'0' * 8}"):
        assert phone.client.get(closed).status_code in (302, 404), closed
    assert phone.post(f"/l{other}/steps/contain", CONTAIN).status_code == 404
    assert phone.post(f"{address}/steps/contain/acceptance").status_code in (302, 404)
    assert phone.post(f"/l{address}/steps/act", {}).status_code == 404, "not a guest's step"


def test_an_answer_says_through_which_link_it_came(app, sent):
    manager, address, token = sent
    step(enter(app, token), f"/l{address}", "contain", CONTAIN)
    page = manager.get(address).get_data(as_text=True)
    assert "through the link sent to wang@hengda.example" in page
    assert row(app, address).steps[0].sent_by.startswith("l:")


def test_a_link_taken_back_is_dead_at_once_also_for_who_is_inside(app, sent):
    manager, address, token = sent
    phone = enter(app, token)
    with app.app_context():
        link = reading().scalars(select(Link)).one()
    assert manager.post(f"{address}/links/{link.id}/revocation").status_code == 303
    assert phone.get(f"/l{address}").status_code == 404
    assert PageClient(app, None).get(f"/l/{token}").status_code == 410
    assert PageClient(app, None).post("/l/opening", {"token": token}).status_code == 410
    assert PageClient(app, None).post("/l/opening", {"token": "guess"}).status_code == 410


@pytest.mark.parametrize("how", ["retired", "replaced"])
def test_whoever_is_no_longer_the_contact_is_out(app, cast, sent, how):
    from app.features.companies.models import Contact

    manager, address, token = sent
    phone = enter(app, token)
    if how == "retired":
        with app.app_context(), transaction() as session:
            contact = session.scalars(select(Contact).where(Contact.company_id == cast.supplier)).one()
            contact.retired_at = datetime.now(UTC)
    else:
        people = {"owner": str(cast.manager), "verifier": "", "contact": ""}
        assert manager.post(f"{address}/people", people).status_code == 303
    assert phone.get(f"/l{address}").status_code == 404
    assert PageClient(app, None).get(f"/l/{token}").status_code == 410


def test_not_for_me_ends_the_link_and_tells_the_owner(app, cast, sent):
    _, address, token = sent
    phone = enter(app, token)
    assert phone.post("/l/stray").status_code == 200
    assert phone.get(f"/l{address}").status_code == 404
    subjects = [letter["Subject"] for letter in to(letters(app), "manager@example.com")]
    assert any("went to the wrong person" in subject for subject in subjects)


def test_a_link_shown_at_the_desk_works_and_is_shown_once(app, sent):
    manager, address, _ = sent
    page = manager.post(f"{address}/links/showing").get_data(as_text=True)
    token = page.split("/l/", 1)[1].split('"', 1)[0]
    assert enter(app, token).arrived == f"/l{address}"
    assert token not in manager.get(address).get_data(as_text=True)


def test_guessing_is_slowed_down(app):
    visitor = PageClient(app, None)
    answers = [visitor.client.get(f"/l/guess-{n}").status_code for n in range(25)]
    assert answers[0] == 410 and answers[-1] == 429


# On both engines, through the commands.


@pytest.fixture
def house(app_on_both):
    return app_on_both, assemble(app_on_both)


NOW = datetime(2026, 11, 18, 3, 0, tzinfo=UTC)


def test_a_link_ends_when_its_time_is_over_and_so_does_the_browser(house):
    from app.db import new_id
    from app.features.companies.models import Contact

    app, cast = house
    record = ("action", new_id())
    with app.app_context(), transaction() as session:
        contact = session.scalars(select(Contact).where(Contact.company_id == cast.supplier)).one()
        guest = Recipient(contact.id, contact.name, "w@example.com", "zh-Hans")
        link = commands.give(session, guest, record, cast.manager, NOW)
        assert commands.give(session, guest, record, None, NOW + timedelta(days=1)).id == link.id
        secret = commands.fresh_secret(session, link.id, NOW)
        second = commands.fresh_secret(session, link.id, NOW)
        assert secret != second
        for each in (secret, second):
            _, own = commands.open_with(session, each, HERE, NOW)
        assert queries.guest_of(session, own, NOW).records == {record}
        assert queries.guest_of(session, own, NOW + timedelta(days=8)) is None, "a visit ends before the link"
        late = NOW + timedelta(days=32)
        assert commands.fresh_secret(session, link.id, late) is None
        with pytest.raises(Invalid, match="link_expired"):
            commands.open_with(session, secret, HERE, late)
        assert session.scalars(select(GuestSession.secret_hash)).first() != own
        uses = session.scalars(select(LinkUse)).all()
        assert [(use.act, use.address) for use in uses] == [("opened", "192.0.2.7")] * 2
        known = queries.of_record(session, record[1], NOW)
        assert [(one.uses, one.good) for one in known] == [(2, True)]


def test_a_person_has_one_feed_at_a_time(house):
    app, cast = house
    with app.app_context(), transaction() as session:
        first = commands.give_feed(session, cast.manager, "Manager", "en", NOW)
        second = commands.give_feed(session, cast.manager, "Manager", "en", NOW)
        assert queries.by_secret(session, second, "calendar", NOW).person_id == cast.manager
        for wrong, purpose in ((first, "calendar"), (second, "records")):
            with pytest.raises(Invalid, match="link_expired"):
                queries.by_secret(session, wrong, purpose, NOW)
