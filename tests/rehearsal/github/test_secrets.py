"""Secrets that really open, and variables."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from nacl.public import PrivateKey, PublicKey, SealedBox

from tests.rehearsal.github.running import GitHub

pytestmark = pytest.mark.process
PLACES = ["R/actions/secrets", "R/dependabot/secrets", "R/environments/staging/secrets"]


def seal(key: str, value: str) -> str:
    return base64.b64encode(SealedBox(PublicKey(base64.b64decode(key))).encrypt(value.encode())).decode()


@pytest.mark.parametrize("place", PLACES)
def test_a_sealed_box_is_opened(hub: GitHub, place: str) -> None:
    hub.ok("PUT", "R/environments/staging", {})
    key = hub.ok("GET", f"{place}/public-key")
    body = {"key_id": key["key_id"], "encrypted_value": seal(key["key"], "first")}
    assert hub.call("PUT", f"{place}/api_key", body).status_code == 201
    first = hub.ok("GET", f"{place}/API_KEY")
    hub.running.clock.advance(5)
    body["encrypted_value"] = seal(key["key"], "second")
    assert hub.call("PUT", f"{place}/API_KEY", body).status_code == 204
    second = hub.ok("GET", f"{place}/api_key")
    assert second["created_at"] == first["created_at"] < second["updated_at"]
    assert "second" not in str(second)
    (opened,) = hub.asked("secrets", repo=f"{hub.org}/shop").values()
    assert opened == {"API_KEY": "second"}
    assert hub.call("DELETE", f"{place}/api_key").status_code == 204
    assert hub.call("DELETE", f"{place}/api_key").status_code == 404


def test_environments_by_the_repositorys_id(hub: GitHub) -> None:
    hub.ok("PUT", "R/environments/staging", {})
    at = f"/repositories/{hub.stored.id}/environments/staging/secrets"
    key = hub.ok("GET", f"{at}/public-key")
    assert key == hub.ok("GET", "R/environments/staging/secrets/public-key")
    assert key != hub.ok("GET", "R/actions/secrets/public-key")


def test_what_is_refused(hub: GitHub) -> None:
    key = hub.ok("GET", "R/actions/secrets/public-key")
    good = seal(key["key"], "x")
    improper = "Bad request - validation failed due to an improperly encrypted secret"
    cases: list[tuple[str, Any, str]] = [
        ("A", {"encrypted_value": good}, 'Invalid request.\n\n"key_id" wasn\'t supplied.'),
        ("A", {"encrypted_value": "not base64!", "key_id": key["key_id"]}, "not base64! does not match /^"),
        ("A", {"encrypted_value": good, "key_id": "1"}, improper),
        ("A", {"encrypted_value": base64.b64encode(b"x" * 60).decode(), "key_id": key["key_id"]}, improper),
        ("GITHUB_A", {"encrypted_value": good, "key_id": key["key_id"]}, "must not start with GITHUB_"),
        ("1A", {"encrypted_value": good, "key_id": key["key_id"]}, "must not start with GITHUB_"),
    ]
    other = base64.b64encode(bytes(PrivateKey.generate().public_key)).decode()
    cases.append(("A", {"encrypted_value": seal(other, "x"), "key_id": key["key_id"]}, improper))
    for name, body, words in cases:
        refused = hub.call("PUT", f"R/actions/secrets/{name}", body)
        assert refused.status_code == 422
        assert words in refused.json()["message"]


def test_readers_see_no_secrets(hub: GitHub) -> None:
    hub.stored.collaborators["eve"] = "read"
    token = hub.token("eve", "ghp_eve")
    assert hub.call("GET", "R/actions/secrets", token=token).status_code == 403


def test_variables_with_pygithub(hub: GitHub) -> None:
    repo = hub.repository()
    variable = repo.create_variable("region", "eu")
    assert repo.get_variable("REGION").value == "eu"
    variable.edit("us")
    assert repo.get_variable("region").value == "us"
    again = hub.call("POST", "R/actions/variables", {"name": "REGION", "value": "x"})
    assert (again.status_code, again.json()["message"]) == (409, "Already exists - Variable already exists")
    repo.delete_variable("region")
    assert list(repo.get_variables()) == []


def test_secrets_with_pygithub(hub: GitHub) -> None:
    repo = hub.repository()
    repo.create_secret("KEY", "one")
    repo.create_secret("KEY", "two", secret_type="dependabot")
    assert hub.asked("secrets", repo=f"{hub.org}/shop") == {"actions": {"KEY": "one"}, "dependabot": {"KEY": "two"}}
    repo.delete_secret("KEY")
    assert list(repo.get_secrets()) == []
