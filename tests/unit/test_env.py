"""The readers of the environment: what they take, and what they say to the rest."""

import stat
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from leaderboard.settings import env


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, ["a", "b"]),
        ("", []),
        ("one", ["one"]),
        (" one , two,, ", ["one", "two"]),
    ],
)
def test_listing_splits_at_commas_without_empty_items(
    monkeypatch: pytest.MonkeyPatch, given: str | None, expected: list[str]
) -> None:
    _set(monkeypatch, given)
    assert env.listing("ASSAY_X", "a,b") == expected


@pytest.mark.parametrize(("given", "expected"), [(None, 7), ("1", 1), ("90", 90)])
def test_whole_reads_numbers(
    monkeypatch: pytest.MonkeyPatch, given: str | None, expected: int
) -> None:
    _set(monkeypatch, given)
    assert env.whole("ASSAY_X", 7) == expected


@pytest.mark.parametrize("given", ["", "0", "-1", "1.5", "many", "1e3"])
def test_whole_refuses_what_is_none_or_too_small(
    monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    _set(monkeypatch, given)
    with pytest.raises(ImproperlyConfigured) as caught:
        env.whole("ASSAY_X", 7)
    assert str(caught.value) == (f"ASSAY_X is {given!r}; it must be a whole number of at least 1.")


def test_whole_takes_zero_where_it_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, "0")
    assert env.whole("ASSAY_X", 7, least=0) == 0


@pytest.mark.parametrize(("given", "expected"), [(None, "auto"), ("auto", "auto"), ("off", "off")])
def test_choice_reads_one_of_its_words(
    monkeypatch: pytest.MonkeyPatch, given: str | None, expected: str
) -> None:
    _set(monkeypatch, given)
    assert env.choice("ASSAY_X", "auto", ("auto", "off")) == expected


@pytest.mark.parametrize("given", ["", "Auto", "1"])
def test_choice_refuses_other_words(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    _set(monkeypatch, given)
    with pytest.raises(ImproperlyConfigured) as caught:
        env.choice("ASSAY_X", "auto", ("auto", "off"))
    assert str(caught.value) == f"ASSAY_X is {given!r}; it must be one of auto, off."


@pytest.mark.parametrize(("given", "expected"), [(None, True), ("1", True), ("0", False)])
def test_switch_reads_one_and_zero(
    monkeypatch: pytest.MonkeyPatch, given: str | None, expected: bool
) -> None:
    _set(monkeypatch, given)
    assert env.switch("ASSAY_X", default=True) is expected


@pytest.mark.parametrize("given", ["", "yes", "true", "2"])
def test_switch_refuses_anything_else(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    _set(monkeypatch, given)
    with pytest.raises(ImproperlyConfigured) as caught:
        env.switch("ASSAY_X", default=True)
    assert str(caught.value) == f"ASSAY_X is {given!r}; it must be 1 or 0."


def test_var_makes_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ASSAY_VAR", str(tmp_path / "new" / "var"))
    assert env.var() == tmp_path / "new" / "var"
    assert (tmp_path / "new" / "var").is_dir()


def test_var_that_cannot_be_made_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ASSAY_VAR", str(tmp_path / "file" / "var"))
    with pytest.raises(ImproperlyConfigured) as caught:
        env.var()
    assert str(caught.value) == f"ASSAY_VAR: {tmp_path}/file/var can't be made: Not a directory."


def test_secret_key_is_the_one_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ASSAY_SECRET_KEY", "given")
    assert env.secret_key(tmp_path) == "given"
    assert not list(tmp_path.iterdir())


def test_secret_key_is_made_once_for_its_owner_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ASSAY_SECRET_KEY", raising=False)
    made = env.secret_key(tmp_path)
    assert len(made) >= 50
    assert env.secret_key(tmp_path) == made
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600


def test_empty_secret_key_is_no_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ASSAY_SECRET_KEY", raising=False)
    (tmp_path / "secret-key").touch()
    with pytest.raises(ImproperlyConfigured, match="is empty; delete it and start again"):
        env.secret_key(tmp_path)


@pytest.mark.parametrize("form", [None, "sqlite:///{}/assay.sqlite3"])
def test_database_is_sqlite_that_writers_can_share(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, form: str | None
) -> None:
    _set(monkeypatch, form and form.format(tmp_path), name="ASSAY_DATABASE_URL")
    found = env.database(tmp_path)
    assert found["ENGINE"] == "django.db.backends.sqlite3"
    assert found["NAME"] == str(tmp_path / "assay.sqlite3")
    assert found["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_database_is_postgres_by_url(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ASSAY_DATABASE_URL", "postgres://assay:secret@db:5433/board")
    found = env.database(tmp_path)
    assert found["ENGINE"] == "django.db.backends.postgresql"
    assert [found[key] for key in ("HOST", "PORT", "USER", "PASSWORD", "NAME")] == [
        *("db", 5433, "assay", "secret", "board")
    ]
    assert found["CONN_HEALTH_CHECKS"] is True


def test_postgres_connections_come_from_a_pool_where_one_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ASSAY_DATABASE_URL", "postgres://db/board?sslmode=require")
    monkeypatch.setenv("ASSAY_DATABASE_POOL", "8")
    found = env.database(tmp_path)
    assert found["OPTIONS"]["pool"]["max_size"] == 8
    assert found["OPTIONS"]["sslmode"] == "require"
    assert found["CONN_MAX_AGE"] == 0
    monkeypatch.setenv("ASSAY_DATABASE_POOL", "0")
    assert "pool" not in env.database(tmp_path).get("OPTIONS", {})


@pytest.mark.parametrize("url", ["mysql://db/board", "board", "redis://db/0", "postgres//db/board"])
def test_database_of_another_kind_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str
) -> None:
    monkeypatch.setenv("ASSAY_DATABASE_URL", url)
    with pytest.raises(ImproperlyConfigured, match=r"^ASSAY_DATABASE_URL "):
        env.database(tmp_path)


def _set(monkeypatch: pytest.MonkeyPatch, value: str | None, *, name: str = "ASSAY_X") -> None:
    if value is None:
        monkeypatch.delenv(name, raising=False)
    else:
        monkeypatch.setenv(name, value)


def test_heartbeat_must_leave_room_within_the_lease() -> None:
    env.below("ASSAY_HEARTBEAT_SECONDS", 45, 90)
    with pytest.raises(ImproperlyConfigured, match="at most half of ASSAY_LEASE_SECONDS"):
        env.below("ASSAY_HEARTBEAT_SECONDS", 46, 90)
