"""What an admin does with people, and what the others cannot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from app.db import new_id
from app.features.accounts.mails import letter_for
from app.features.accounts.models import Device, GivenGrant, Person, SignedIn
from tests.cast import BORN, Cast
from tests.client import PageClient

Looking = Callable[..., Any]
Acts = Callable[[UUID], list[str]]
Outgoing = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def admin(app: Flask, cast: Cast, with_password: Callable[[UUID], str]) -> PageClient:
    with_password(cast.admin)
    return PageClient(app, cast.admin)


def row(looking: Looking, person_id: UUID) -> Person:
    found: Person = looking(lambda session: session.get_one(Person, person_id))
    return found


def grant_of(looking: Looking, person_id: UUID) -> GivenGrant:
    found: GivenGrant = looking(
        lambda session: session.scalars(select(GivenGrant).where(GivenGrant.person_id == person_id)).one()
    )
    return found


def profile(person: Person, **changes: Any) -> dict[str, Any]:
    same = {key: getattr(person, key) for key in ("name", "language", "time_zone", "record_version")}
    return {**same, **changes}


def test_the_list_finds_people_by_name_mail_and_state(admin: PageClient, cast: Cast) -> None:
    everybody = admin.get("/people").text
    assert "Owner Auditor" in everybody
    assert "Gone Auditor" in everybody
    found = admin.get("/people?q=GONE+example").text
    assert "Gone Auditor" in found
    assert "Owner Auditor" not in found
    assert "Gone Auditor" not in admin.get("/people?state=invited").text
    assert "Owner Auditor" not in admin.get("/people?state=disabled").text
    assert "Nobody matches." in admin.get("/people?q=%25").text, "a percent sign is a letter like others"
    assert admin.get("/people?page=99999999999999999999").status_code == 200
    assert admin.get("/people?q=%00").status_code == 200


def test_a_chinese_name_of_two_characters_is_found(admin: PageClient, cast: Cast, looking: Looking) -> None:
    def rename(session: Any) -> None:
        session.get_one(Person, cast.owner).name = "林月"

    looking(rename)
    page = admin.get("/people", query_string={"q": "林月"}).text
    assert "林月" in page
    assert "Teammate" not in page


def test_only_an_admin_gets_any_of_these_pages(app: Flask, cast: Cast) -> None:
    one = new_id()
    gets = ["/people", f"/people/{cast.owner}", "/invitations/new"]
    posts = [
        "/invitations",
        f"/people/{cast.owner}",
        *(
            f"/people/{cast.owner}/{noun}"
            for noun in (
                "disabling",
                "enabling",
                "grants",
                f"grants/{one}/ending",
                "sessions/ending",
                "password-reset",
                "invitation",
            )
        ),
    ]
    for who in (cast.owner, cast.manager, cast.scoped, cast.officer):
        client = PageClient(app, who)
        assert [client.get(path).status_code for path in gets] == [404] * len(gets)
        assert [client.post(path).status_code for path in posts] == [404] * len(posts)
    stranger = PageClient(app, None)
    assert [stranger.get(path).status_code for path in gets] == [302] * len(gets)
    assert {stranger.post(path).location for path in posts} == {"/sign-in"}


def test_an_admin_changes_name_language_and_zone(
    admin: PageClient, cast: Cast, looking: Looking, acts: Acts
) -> None:
    before = row(looking, cast.owner)
    fields = profile(before, name="Lin Yue", language="zh-Hans", time_zone="Europe/Berlin")
    assert admin.post(f"/people/{cast.owner}", fields).status_code == 303
    after = row(looking, cast.owner)
    assert (after.name, after.language, after.time_zone) == ("Lin Yue", "zh-Hans", "Europe/Berlin")
    assert acts(cast.owner) == ["person.changed"]


def test_a_stale_edit_is_refused_and_keeps_the_typing(
    admin: PageClient, cast: Cast, looking: Looking
) -> None:
    old = row(looking, cast.owner)
    admin.post(f"/people/{cast.owner}", profile(old, name="Lin Yue"))
    answer = admin.post(f"/people/{cast.owner}", profile(old, name="Lin Yue the Second"))
    assert answer.status_code == 409
    assert 'value="Lin Yue the Second"' in answer.text
    assert "Somebody else changed this meanwhile" in answer.text
    assert row(looking, cast.owner).name == "Lin Yue"
    again = profile(old, name="Lin Yue the Second", record_version=row(looking, cast.owner).record_version)
    assert f'name="record_version" value="{again["record_version"]}"' in answer.text
    assert admin.post(f"/people/{cast.owner}", again).status_code == 303


def test_nothing_but_the_fields_of_the_form_can_be_changed(
    admin: PageClient, cast: Cast, looking: Looking
) -> None:
    before = row(looking, cast.owner)
    extra = {
        "email": "taken@over.example",
        "password_hash": "x",
        "disabled_at": "2026-01-01",
        "id": str(new_id()),
        "role": "admin",
        "grants": "admin",
    }
    assert admin.post(f"/people/{cast.owner}", profile(before, name="Lin Yue", **extra)).status_code == 303
    after = row(looking, cast.owner)
    assert (after.email, after.password_hash, after.disabled_at) == (before.email, None, None)
    assert grant_of(looking, cast.owner).role == "auditor"


def test_the_disabled_is_out_at_the_next_request_and_cannot_come_back(
    app: Flask, admin: PageClient, cast: Cast, looking: Looking, acts: Acts
) -> None:
    theirs = PageClient(app, cast.owner)
    assert theirs.get("/me").status_code == 200
    answer = admin.post(f"/people/{cast.owner}/disabling", {"reason": "Left the company on 1 March."})
    assert answer.status_code == 303
    assert theirs.get("/me").status_code == 302
    page = admin.get(f"/people/{cast.owner}").text
    assert "Left the company on 1 March." in page
    assert acts(cast.owner) == ["sessions.ended", "person.disabled"]

    admin.post(f"/people/{cast.owner}/enabling")
    assert theirs.get("/me").status_code == 302, "the old session stays ended"
    assert PageClient(app, cast.owner).get("/me").status_code == 200


def test_disabling_keeps_the_devices_known(admin: PageClient, cast: Cast, looking: Looking) -> None:
    device = looking(lambda session: _device(session, cast.owner))
    admin.post(f"/people/{cast.owner}/disabling", {"reason": "Left."})
    assert looking(lambda session: session.get_one(Device, device).revoked_at) is None


def test_disabling_needs_a_reason(admin: PageClient, cast: Cast, looking: Looking) -> None:
    answer = admin.post(f"/people/{cast.owner}/disabling", {"reason": "  "})
    assert answer.status_code == 422
    assert 'id="reason-error"' in answer.text
    assert row(looking, cast.owner).disabled_at is None


def test_the_reason_is_not_in_the_journal(admin: PageClient, cast: Cast, looking: Looking) -> None:
    from app import journal

    admin.post(f"/people/{cast.owner}/disabling", {"reason": "Quarrel with Wang Jianguo"})
    facts = looking(lambda session: [entry.facts for entry in journal.entries(session, cast.owner)])
    assert "Wang" not in str(facts)
    assert "reason_sha256" in facts[-1]


def test_nobody_disables_themselves(admin: PageClient, cast: Cast, looking: Looking) -> None:
    answer = admin.post(f"/people/{cast.admin}/disabling", {"reason": "Enough."})
    assert answer.status_code == 422
    assert "You cannot do this to your own account." in answer.text
    assert row(looking, cast.admin).disabled_at is None


def test_the_last_admin_stays_one(
    app: Flask, admin: PageClient, cast: Cast, looking: Looking, with_password: Callable[[UUID], str]
) -> None:
    own = grant_of(looking, cast.admin)
    answer = admin.post(f"/people/{cast.admin}/grants/{own.id}/ending")
    assert answer.status_code == 422
    assert "This is the last admin." in answer.text

    admin.post(f"/people/{cast.manager}/grants", {"role": "admin", "scope": "everything"})
    answer = admin.post(f"/people/{cast.admin}/grants/{own.id}/ending")
    assert answer.status_code == 422, "an admin who never set a password does not count"

    with_password(cast.manager)
    assert admin.post(f"/people/{cast.admin}/grants/{own.id}/ending").status_code == 303
    assert admin.get("/people").status_code == 404, "the former admin, at the next request"

    other = PageClient(app, cast.manager)
    third = new_id()
    looking(lambda session: _make_admin(session, third, cast.officer))
    with_password(cast.officer)
    assert other.post(f"/people/{cast.officer}/disabling", {"reason": "Left."}).status_code == 303
    answer = PageClient(app, cast.manager).post(f"/people/{cast.officer}/grants/{third}/ending")
    assert answer.status_code == 303, "the grant of somebody disabled counts for nothing either way"


def test_a_role_holds_from_the_next_request_and_ends_at_the_next_request(
    app: Flask, admin: PageClient, cast: Cast, looking: Looking, acts: Acts
) -> None:
    theirs = PageClient(app, cast.owner)
    assert theirs.client.get("/").location == "/app/"
    admin.post(f"/people/{cast.owner}/grants", {"role": "manager", "scope": "everything"})
    assert theirs.client.get("/").location == "/inspections"
    given = looking(
        lambda session: session.scalars(
            select(GivenGrant.id).where(GivenGrant.person_id == cast.owner, GivenGrant.role == "manager")
        ).one()
    )
    admin.post(f"/people/{cast.owner}/grants/{given}/ending")
    assert theirs.client.get("/").location == "/app/"
    assert acts(cast.owner) == ["grant.given", "grant.ended"]
    assert admin.post(f"/people/{cast.owner}/grants/{given}/ending").status_code == 404


def test_the_same_role_is_not_given_twice(admin: PageClient, cast: Cast) -> None:
    answer = admin.post(f"/people/{cast.owner}/grants", {"role": "auditor", "scope": "everything"})
    assert answer.status_code == 422
    assert "This already exists." in answer.text


def test_a_grant_is_ended_on_its_own_persons_page_only(
    admin: PageClient, cast: Cast, looking: Looking
) -> None:
    grant = grant_of(looking, cast.owner)
    assert admin.post(f"/people/{cast.stranger}/grants/{grant.id}/ending").status_code == 404
    assert grant_of(looking, cast.owner).ended_at is None


def test_ending_all_sessions_shuts_out_the_phone_too(
    app: Flask, admin: PageClient, cast: Cast, looking: Looking, acts: Acts
) -> None:
    theirs = [PageClient(app, cast.owner) for _ in range(3)]
    device = looking(lambda session: _device(session, cast.owner))
    assert admin.post(f"/people/{cast.owner}/sessions/ending").status_code == 303
    assert {client.get("/me").status_code for client in theirs} == {302}
    assert looking(lambda session: session.get_one(Device, device).revoked_at) is not None
    assert sorted(acts(cast.owner)) == ["device.revoked", "sessions.ended"]
    assert admin.get("/me").status_code == 200


def test_an_admin_starts_a_reset_but_never_sees_its_link(
    app: Flask, admin: PageClient, cast: Cast, outgoing: Outgoing, with_password: Callable[[UUID], str]
) -> None:
    with_password(cast.owner)
    answer = admin.post(f"/people/{cast.owner}/password-reset")
    assert answer.status_code == 303
    page = admin.get(f"/people/{cast.owner}").text
    assert "sends no mail" in page and "people reset owner@example.com" in page and "on its way" not in page
    assert "/password-reset/" not in page.replace(f"/people/{cast.owner}/password-reset", "")
    [payload] = outgoing()
    with app.app_context():
        letter = letter_for(payload, datetime.now(UTC))
    assert letter is not None
    assert letter.to == "owner@example.com"
    assert "http://localhost/password-reset/" in letter.text
    assert admin.post(f"/people/{cast.gone}/password-reset").status_code == 422


def test_names_are_text_wherever_they_stand(admin: PageClient, cast: Cast, looking: Looking) -> None:
    hostile = '<img src=x onerror="alert(1)">'
    admin.post(f"/people/{cast.owner}", profile(row(looking, cast.owner), name=hostile))
    for path in ("/people", f"/people/{cast.owner}"):
        assert "<img" not in admin.get(path).text


def test_an_unknown_person_is_not_found(admin: PageClient, cast: Cast) -> None:
    assert admin.get(f"/people/{new_id()}").status_code == 404
    assert admin.post(f"/people/{new_id()}/disabling", {"reason": "x"}).status_code == 404


def _device(session: Any, person_id: UUID) -> UUID:
    sign = session.scalars(select(SignedIn).where(SignedIn.person_id == person_id)).first()
    device = Device(
        id=new_id(),
        person_id=person_id,
        session_id=sign.id if sign else None,
        secret_hash=new_id().hex,
        label="Phone",
        platform="Android",
        created_at=BORN,
        last_seen_at=BORN,
        expires_at=datetime(2100, 1, 1, tzinfo=UTC),
    )
    session.add(device)
    session.flush()
    return device.id


def _make_admin(session: Any, grant_id: UUID, person_id: UUID) -> None:
    session.add(
        GivenGrant(id=grant_id, person_id=person_id, role="admin", scope_kind="everything", created_at=BORN)
    )
