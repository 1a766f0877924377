from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests import factories


@dataclass
class Person:
    """Somebody who uses the API with a token."""

    user: User
    secret: str
    client: Client

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(f"/api/v1/{path}", headers=self.headers(headers))

    def post(self, path: str, body: object = None, **headers: str) -> Any:
        address = f"/api/v1/{path}"
        if body is None:
            return self.client.post(address, headers=self.headers(headers))
        return self.client.post(
            address, body, content_type="application/json", headers=self.headers(headers)
        )

    def headers(self, more: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {"Authorization": f"Bearer {self.secret}"} | named


def make_person(client: Client, username: str = "", **fields: Any) -> Person:
    scopes = fields.pop("scopes", ("read", "submit"))
    user = factories.make_user(username, **fields)
    return Person(user, factories.make_token(user, scopes=scopes)[1], client)


@pytest.fixture
def ana(client: Client, db: None) -> Person:
    """A person whose token may do everything."""
    return make_person(client, "ana")


@pytest.fixture
def wanted(db: None) -> dict[str, Any]:
    """What a person may submit."""
    factories.make_board("demo")
    revision = factories.make_revision(factories.make_model("mti"))
    assert revision.commit
    return {"model": "local:mti", "board": "demo"}
