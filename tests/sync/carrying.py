"""Carries a store's requests to the app: through its WSGI front door, as the person's device."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from flask import Flask

from tests.client import PageClient
from tests.factories.phone import Phone
from tests.sync.store import Answer, Store


class Carrier:
    """`ask` for a Store. `app` may be replaced: the server was started again."""

    def __init__(self, app: Flask, person: UUID) -> None:
        self.client = PageClient(app, person)
        self.device = Phone(self.client).register().device

    def __call__(self, method: str, path: str, body: Any) -> Answer:
        given = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        answer = self.client.api(method, path, **given)
        return Answer(answer.status_code, answer.mimetype, answer.json if answer.is_json else None)


def store_for(app: Flask, person: UUID) -> Store:
    carrier = Carrier(app, person)
    return Store(ask=carrier, device=carrier.device)
