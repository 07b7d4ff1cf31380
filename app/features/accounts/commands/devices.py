"""Making a browser known as the device of a person."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app import journal
from app.adapters.passwords import new_secret, secret_hash
from app.domain.errors import NotAllowed
from app.domain.permissions import Actor
from app.features.accounts.models import Device

LIVES = timedelta(days=180)


def register_device(
    session: Session,
    actor: Actor,
    device_id: UUID,
    label: str,
    platform: str,
    now: datetime,
    session_id: UUID | None = None,
) -> str:
    """Gives the device a secret for its cookie, a new one each time the same person registers it again.

    `session_id` is the session it is born from: when somebody ends that one, the device is revoked with it.
    Raises NotAllowed("device_of_other") for an id that belongs to another person: work never changes hands.
    """
    secret = new_secret()
    device = session.get(Device, device_id, with_for_update=True)
    if device is not None and device.person_id != actor.id:
        raise NotAllowed("device_of_other")
    known = device is not None and device.revoked_at is None
    if device is None:
        device = Device(id=device_id, person_id=actor.id, created_at=now)
        session.add(device)
    device.session_id = session_id
    device.secret_hash = secret_hash(secret)
    device.label = label[:120]
    device.platform = platform[:120]
    device.last_seen_at = now
    device.expires_at = now + LIVES
    device.revoked_at = None
    session.flush()
    if not known:
        facts = {"device": str(device_id)}
        journal.write(session, "device.registered", ("person", actor.id), now, actor.id, facts)
    return secret
