"""A token goes to its own site, is kept for its owner only, and is never printed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluations.errors import AssayError
from leaderboard.cli import credentials
from leaderboard.cli.addresses import canonical
from tests.unit.cli.conftest import TOKEN
from tests.unit.cli.hostile import HostileSite, Reply, serving

Assay = Callable[..., Any]
_SUBMIT = ("submit", "local:mti", "--board", "demo")
_ME = Reply({"username": "ana"})


def _tokens_sent(site: HostileSite) -> list[str]:
    return [one.headers.get("Authorization", "") for one in site.asked]


def test_token_of_the_environment_goes_to_the_site_of_the_environment(
    assay: Assay, signed_in: HostileSite
) -> None:
    signed_in.answers("submissions", Reply({"id": "a", "state": "queued"}))
    assert assay(*_SUBMIT).exit_code == 0
    assert assay(*_SUBMIT, "--site", f"{signed_in.address}/").exit_code == 0
    assert _tokens_sent(signed_in) == [f"Bearer {TOKEN}"] * 2


def test_token_of_the_environment_goes_to_no_other_site(
    assay: Assay, signed_in: HostileSite
) -> None:
    with serving() as other:
        said = assay(*_SUBMIT, "--site", other.address)
        assert (said.exit_code, "ASSAY_TOKEN is for the site in ASSAY_SITE" in said.stderr) == (
            2, True,
        )  # fmt: skip
        assert other.asked == signed_in.asked == []
        assert TOKEN not in said.output


def test_token_without_a_site_beside_it_goes_nowhere(
    assay: Assay, hostile: HostileSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSAY_TOKEN", TOKEN)
    said = assay(*_SUBMIT, "--site", hostile.address)
    assert (said.exit_code, f"Set ASSAY_SITE={hostile.address}" in said.stderr) == (2, True)
    assert hostile.asked == []


def test_each_site_gets_the_token_that_was_saved_for_it(assay: Assay, hostile: HostileSite) -> None:
    with serving() as other:
        for site, secret in ((hostile, f"{TOKEN}1"), (other, f"{TOKEN}2")):
            site.answers("me", _ME)
            assert (
                assay("login", "--token_stdin", "--site", site.address, told=secret).exit_code == 0
            )
            site.answers("submissions", Reply({"id": "a", "state": "queued"}))
        assert assay(*_SUBMIT, "--site", hostile.address).exit_code == 0
        assert assay(*_SUBMIT).exit_code == 0  # the site of the last login
        assert _tokens_sent(hostile) == [f"Bearer {TOKEN}1"] * 2
        assert _tokens_sent(other) == [f"Bearer {TOKEN}2"] * 2


def test_what_anybody_may_read_is_read_without_a_token(
    assay: Assay, signed_in: HostileSite
) -> None:
    signed_in.answers("submissions/a", Reply({"id": "a", "state": "failed"}))
    signed_in.answers("submissions/a/log", Reply(b""))
    signed_in.answers("boards", Reply({"items": []}))
    for words in (["status", "a"], ["logs", "a"], ["board"]):
        assert assay(*words).exit_code == 0
    assert _tokens_sent(signed_in) == [""] * 3


@pytest.mark.parametrize("status", [200, 401, 422, 500])
def test_token_that_a_site_repeats_is_not_printed(
    assay: Assay, hostile: HostileSite, status: int
) -> None:
    told = {"username": f"ana {TOKEN}", "code": "x", "detail": f"No {TOKEN}", "hint": TOKEN}
    hostile.answers("me", Reply(told, status))
    for more in ([], ["--json"]):
        said = assay("login", "--token_stdin", "--site", hostile.address, *more, told=TOKEN)
        assert TOKEN not in said.output
        assert "(token)" in said.output


@pytest.mark.parametrize("secret", ["", "two words", "line\x0bbreak", "naïve", "x" * 501])
def test_what_is_no_token_is_not_sent(
    assay: Assay, signed_in: HostileSite, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    said = assay("login", "--token_stdin", told=secret)
    assert (said.exit_code, "That is no token." in said.stderr) == (2, True)
    if secret:
        monkeypatch.setenv("ASSAY_TOKEN", secret)
        assert assay(*_SUBMIT).exit_code == 2
    assert signed_in.asked == []


def test_credentials_are_their_owners_only() -> None:
    credentials.save("https://e.org", TOKEN)
    assert credentials.path().stat().st_mode & 0o777 == 0o600
    assert credentials.path().parent.stat().st_mode & 0o777 == 0o700
    credentials.path().chmod(0o644)
    credentials.save("https://f.org", "other")
    assert credentials.path().stat().st_mode & 0o777 == 0o600
    assert credentials.token("https://e.org") == TOKEN


def test_credentials_stay_whole_where_saving_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    credentials.save("https://e.org", TOKEN)
    before = credentials.path().read_bytes()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(AssayError, match="No space left"):
        credentials.save("https://e.org", "other")
    assert credentials.path().read_bytes() == before
    assert list(credentials.path().parent.iterdir()) == [credentials.path()]


@pytest.mark.parametrize("content", ["", "{", "[]", '"text"'])
def test_damaged_credentials_are_not_written_over(
    assay: Assay, hostile: HostileSite, content: str
) -> None:
    hostile.answers("me", _ME)
    credentials.path().parent.mkdir(parents=True)
    credentials.path().write_text(content)
    said = assay("login", "--token_stdin", "--site", hostile.address, "--json", told=TOKEN)
    assert said.exit_code == 2
    assert json.loads(said.stdout)["error"]["code"] == "credentials_unreadable"
    assert credentials.path().read_text() == content


def test_token_is_read_from_a_pipe_without_being_told(assay: Assay, hostile: HostileSite) -> None:
    hostile.answers("me", _ME)
    assert assay("login", "--site", hostile.address, told=f"{TOKEN}\n").exit_code == 0
    assert credentials.token(hostile.address) == TOKEN
    said = assay("login", "--site", hostile.address, told="")
    assert (said.exit_code, "That is no token." in said.stderr) == (2, True)


def test_login_without_a_name_in_the_answer_keeps_nothing(
    assay: Assay, hostile: HostileSite
) -> None:
    hostile.answers("me", Reply({"user": "ana"}))
    assert assay("login", "--token_stdin", "--site", hostile.address, told=TOKEN).exit_code == 2
    assert not credentials.path().exists()


def test_place_that_cannot_be_written_is_told(
    assay: Assay, hostile: HostileSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    hostile.answers("me", _ME)
    said = assay("login", "--token_stdin", "--site", hostile.address, told=TOKEN)
    assert (said.exit_code, TOKEN in said.output) == (2, False)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://E.org/", "https://e.org"),
        (" https://e.org:443 ", "https://e.org"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("https://e.org/lb/", "https://e.org/lb"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
    ],
)
def test_one_site_has_one_address(given: str, expected: str) -> None:
    assert canonical(given) == expected


@pytest.mark.parametrize(
    "site",
    [
        "e.org", "ftp://e.org", "https://", "https://ana:secret@e.org", "https://e.org/?x=1",
        "https://e.org/#x", "https://e.org:port", "http://[::1", "https://e.org\x1b[2J", "://",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(assay: Assay, site: str) -> None:
    said = assay("board", "--site", site)
    assert (said.exit_code, "\x1b" in said.output) == (2, False)
    assert "no address of a site" in said.stderr


def test_plain_http_is_for_this_machine_unless_insecure_is_said(
    assay: Assay, pauses: list[float]
) -> None:
    said = assay("board", "--site", "http://192.0.2.1")
    assert (said.exit_code, "not encrypted" in said.stderr) == (2, True)
    assert assay("board", "--site", "http://127.0.0.1:9").exit_code == 3


def test_no_site_at_all_is_wrong_usage(assay: Assay) -> None:
    said = assay("board")
    assert (said.exit_code, "No site is named" in said.stderr) == (2, True)
