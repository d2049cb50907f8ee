"""Secrets and variables: of a repository, of its environments, and of Dependabot.

A secret comes as a libsodium sealed box for the public key of where it goes, and is really opened: what does not open
is refused, as GitHub does. No answer of the API shows a secret; only the control paths do.
https://docs.github.com/rest/guides/encrypting-secrets-for-the-rest-api
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from nacl.exceptions import CryptoError
from nacl.public import SealedBox

from rehearsal.github import environments
from rehearsal.github.errors import Refused, missing, not_found, wrong
from rehearsal.github.routes import Answer, Call, Routes
from rehearsal.github.stores import Store, Stores, Value

ROUTES = Routes("actions/secrets")
DEPENDABOT_ROUTES = Routes("dependabot/secrets")
VARIABLE_ROUTES = Routes("actions/variables")

LARGEST = 48 * 1024
"""Bytes of a secret or a variable. https://docs.github.com/actions/reference/security/secrets#limits-for-secrets"""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BASE64 = r"^(?:[A-Za-z0-9+\/]{4})*(?:[A-Za-z0-9+\/]{2}==|[A-Za-z0-9+\/]{3}=|[A-Za-z0-9+\/]{4})$"


def _store(call: Call) -> Store:
    place: str | int = "dependabot" if "/dependabot/" in call.path else "actions"
    if "environment" in call.values:
        place = environments.of(call).id
    return call.repo.area(Stores).at(place)


def _checked_name(name: str, what: str) -> str:
    if not _NAME.fullmatch(name) or name.upper().startswith("GITHUB_"):
        raise Refused(
            422,
            f"{what} names can only contain alphanumeric characters ([a-z], [A-Z], [0-9]) or underscores (_). Spaces "
            "are not allowed. Names must start with a letter ([a-z], [A-Z]) or underscore (_), and must not start "
            "with GITHUB_.",
        )
    return name.upper()


def _opened(store: Store, body: dict[str, Any]) -> str:
    for name in ("encrypted_value", "key_id"):
        if not body.get(name):
            raise missing(name)
    text = str(body["encrypted_value"])
    if not re.fullmatch(_BASE64, text):
        raise wrong(f"{text} does not match /{_BASE64}/.")
    refusal = Refused(422, "Bad request - validation failed due to an improperly encrypted secret")
    if body["key_id"] != store.key_id:
        raise refusal
    try:
        content = SealedBox(store.key).decrypt(base64.b64decode(text))
        opened = content.decode()
    except (CryptoError, binascii.Error, UnicodeDecodeError) as error:
        raise refusal from error
    if len(content) > LARGEST:
        raise Refused(422, "Secret value is too large. Secrets must be 48 KB or less.")
    return opened


def _shown(one: Value, *, value: bool = False) -> dict[str, Any]:
    shown = {"name": one.name, "created_at": one.created, "updated_at": one.updated}
    return {**shown, "value": one.value} if value else shown


def _key(call: Call) -> dict[str, Any]:
    """The key to seal with."""
    store = _store(call)
    return {"key_id": store.key_id, "key": store.public}


def _listed(call: Call) -> Answer:
    """The names."""
    return call.page(list(_store(call).secrets.values()), _shown, "secrets")


def _read(call: Call) -> dict[str, Any]:
    """One name."""
    if (found := _store(call).secrets.get(call.values["name"].upper())) is None:
        raise not_found()
    return _shown(found)


def _put(call: Call) -> Answer:
    """Make or replace one."""
    store = _store(call)
    name = _checked_name(call.values["name"], "Secret")
    value, now = _opened(store, call.json()), call.world.time()
    before = store.secrets.get(name)
    store.secrets[name] = Value(name, value, now if before is None else before.created, now)
    return Answer(201, {}) if before is None else Answer(204)


def _removed(call: Call) -> None:
    """None of that name."""
    if _store(call).secrets.pop(call.values["name"].upper(), None) is None:
        raise not_found()


for _routes, _at, _grant in (
    (ROUTES, "{r}/actions/secrets", "secrets"),
    (DEPENDABOT_ROUTES, "{r}/dependabot/secrets", "dependabot_secrets"),
    (ROUTES, "{r}/environments/{environment}/secrets", "environments"),
):
    _routes.on(f"GET {_at}/public-key", f"{_grant}:read")(_key)
    _routes.on(f"GET {_at}", f"{_grant}:read")(_listed)
    _routes.on(f"GET {_at}/{{name}}", f"{_grant}:read")(_read)
    _routes.on(f"PUT {_at}/{{name}}", f"{_grant}:write", 201)(_put)
    _routes.on(f"DELETE {_at}/{{name}}", f"{_grant}:write")(_removed)


def _variables(call: Call) -> Answer:
    """Every variable."""
    return call.page(list(_store(call).variables.values()), lambda one: _shown(one, value=True), "variables")


def _variable(call: Call) -> Value:
    if (found := _store(call).variables.get(call.values["name"].upper())) is None:
        raise not_found()
    return found


def _variable_read(call: Call) -> dict[str, Any]:
    """One variable."""
    return _shown(_variable(call), value=True)


def _variable_made(call: Call) -> Answer:
    """A new variable."""
    body, store = call.json(), _store(call)
    name, value = _checked_name(call.text(body, "name"), "Variable"), call.text(body, "value")
    if name in store.variables:
        raise Refused(409, "Already exists - Variable already exists")
    _sized(value)
    now = call.world.time()
    store.variables[name] = Value(name, value, now, now)
    return Answer(201, {})


def _variable_changed(call: Call) -> Answer:
    """Another value, or another name."""
    body, one, store = call.json(), _variable(call), _store(call)
    name = _checked_name(call.text(body, "name", one.name), "Variable")
    if name != one.name and name in store.variables:
        raise Refused(409, "Already exists - Variable already exists")
    value = call.text(body, "value", one.value)
    _sized(value)
    del store.variables[one.name]
    store.variables[name] = Value(name, value, one.created, call.world.time())
    return Answer(204)


def _sized(value: str) -> None:
    if len(value.encode()) > LARGEST:
        raise Refused(422, "Variable value is too large. Variables must be 48 KB or less.")


def _variable_removed(call: Call) -> None:
    """No variable of that name."""
    del _store(call).variables[_variable(call).name]


for _at, _grant in (
    ("{r}/actions/variables", "variables"),
    ("{r}/environments/{environment}/variables", "environments"),
):
    VARIABLE_ROUTES.on(f"GET {_at}", f"{_grant}:read")(_variables)
    VARIABLE_ROUTES.on(f"POST {_at}", f"{_grant}:write", 201)(_variable_made)
    VARIABLE_ROUTES.on(f"GET {_at}/{{name}}", f"{_grant}:read")(_variable_read)
    VARIABLE_ROUTES.on(f"PATCH {_at}/{{name}}", f"{_grant}:write")(_variable_changed)
    VARIABLE_ROUTES.on(f"DELETE {_at}/{{name}}", f"{_grant}:write")(_variable_removed)
