"""Words of others are shown without what looks like a credential."""

from __future__ import annotations

import pytest

from delivery.redact import masked, plain, shown


@pytest.mark.parametrize(
    ("said", "shows"),
    [
        ("cannot reach postgres://app:hunter2@db:5432/shop", "cannot reach postgres://app:***@db:5432/shop"),
        ("redis://:hunter2@cache/0 is down", "redis://:***@cache/0 is down"),
        ("Authorization: Bearer abcdefgh.ijkl", "Authorization: Bearer ***"),
        ("DB_PASSWORD=hunter2 PORT=5432", "DB_PASSWORD=*** PORT=5432"),
        ('{"api_key": "hunter2", "status": "down"}', '{"api_key": ***, "status": "down"}'),
        ("client_secret: 'two words', next", "client_secret: ***, next"),
        ("key AKIAIOSFODNN7EXAMPLE is not valid", "key *** is not valid"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY----- end", "*** end"),
        ("the token bucket is empty", "the token bucket is empty"),
        ("GET /health answered 500", "GET /health answered 500"),
    ],
)
def test_credentials_are_masked_and_other_words_stay(said: str, shows: str) -> None:
    assert shown(said) == shows


def test_lines_become_one_and_long_ones_are_cut() -> None:
    assert shown("a\n  b\tc") == "a b c"
    assert shown("x" * 400) == "x" * 299 + "…"
    assert shown("abcdef", 3) == "ab…"


def test_masking_alone_keeps_lines_and_length() -> None:
    assert masked("a\nPASSWORD=hunter2\n" + "x" * 400) == "a\nPASSWORD=***\n" + "x" * 400


def test_one_long_word_is_no_long_work() -> None:
    """An archive in base64, say: time must not grow with the square of the length."""
    assert masked("x" * 50_000 + " PASSWORD=hunter2") == "x" * 50_000 + " PASSWORD=***"


def test_settings_are_written_down_without_what_is_a_credential_by_its_name_or_form() -> None:
    given = {
        "env": {"DB_PASSWORD": "hunter2", "URL": "postgres://app:hunter2@db/shop", "MODE": "fast", "API_TOKEN": ""},
        "services": {"api": {"env": {"SIGNING_SECRET": "hunter2"}, "checks": ["/", "/health"], "port": 8000}},
        "secrets": {"DATABASE_PASSWORD": "shop/staging/db:password"},
        "scale": {"api": 2},
    }
    assert plain(given) == {
        "env": {"DB_PASSWORD": "***", "URL": "postgres://app:***@db/shop", "MODE": "fast", "API_TOKEN": ""},
        "services": {"api": {"env": {"SIGNING_SECRET": "***"}, "checks": ["/", "/health"], "port": 8000}},
        "secrets": {"DATABASE_PASSWORD": "shop/staging/db:password"},
        "scale": {"api": 2},
    }
