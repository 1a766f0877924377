"""`assay login`, `submit`, `status` and `logs`: a site's API from the command line."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import uuid4

import orjson
import typer

from evaluations.errors import AssayError
from leaderboard.cli import credentials
from leaderboard.cli.client import ask, data, plain, site_of
from leaderboard.cli.waiting import EXIT_FAILED, tell_failure, wait

Site = Annotated[str | None, typer.Option("--site", envvar="ASSAY_SITE", help="The site.")]
Insecure = Annotated[bool, typer.Option("--insecure", help="Allow plain http to other machines.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Model = Annotated[str, typer.Argument(help="hf:org/name@revision or local:name.")]
Which = Annotated[str, typer.Argument(metavar="ID", help="A submission's ID.")]
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


def login(
    site: Site = None,
    token_stdin: Annotated[bool, typer.Option("--token-stdin", help="Read the token.")] = False,
    insecure: Insecure = False,
    as_json: AsJson = False,
) -> None:
    """Check a token with a site and keep it."""
    with _errors(as_json):
        address = site_of(site, insecure=insecure)
        secret = sys.stdin.readline() if token_stdin else typer.prompt("Token", hide_input=True)
        secret = secret.strip()
        if not re.fullmatch(r"[!-~]{1,500}", secret):
            raise AssayError("token_invalid", "That is no token.")
        me = data(ask(address, "GET", "me", secret=secret))
        credentials.save(address, secret)
        _show(me, as_json, f"Signed in to {address} as {plain(me.get('username'))}.")


def submit(
    model: Model,
    *,
    board: Annotated[str, typer.Option(help="The board's slug.")],
    dtype: Annotated[str, typer.Option(help="The precision.")] = "float32",
    chat: Annotated[bool, typer.Option("--apply_chat_template", "--apply-chat-template")] = False,
    waits: Annotated[bool, typer.Option("--wait", help="Wait until it has ended.")] = False,
    site: Site = None,
    insecure: Insecure = False,
    as_json: AsJson = False,
) -> None:
    """Submit a model to a board."""
    with _errors(as_json):
        address = site_of(site, insecure=insecure)
        body = {"model": model, "board": board, "precision": dtype, "chat_template": chat}
        key = str(uuid4())
        made = ask(address, "POST", "submissions", secret=_secret(address), body=body, key=key)
        found = data(made)
        if waits:
            found = wait(address, _path(str(found.get("id"))).removeprefix("submissions/"))
        _state(found, as_json)
        if waits and found.get("state") != "published":
            tell_failure(found)
            raise typer.Exit(EXIT_FAILED)


def check(
    model: Model,
    *,
    board: Annotated[str, typer.Option(help="The board's slug.")],
    site: Site = None,
    insecure: Insecure = False,
    as_json: AsJson = False,
) -> None:
    """Say whether a submission would be taken, without making it."""
    with _errors(as_json):
        address = site_of(site, insecure=insecure)
        body = {"model": model, "board": board}
        found = data(ask(address, "POST", "submissions/check", secret=_secret(address), body=body))
        _show(found, as_json, "\n".join(f"{plain(k)}: {plain(v)}" for k, v in found.items()))


def _secret(address: str) -> str:
    secret = credentials.token(address)
    if not secret:
        raise AssayError("token_required", "You are not signed in.", "Run assay login.")
    return secret


def status(
    which: Which, site: Site = None, insecure: Insecure = False, as_json: AsJson = False
) -> None:
    """Say where a submission stands."""
    with _errors(as_json):
        _state(data(ask(site_of(site, insecure=insecure), "GET", _path(which))), as_json)


def logs(which: Which, site: Site = None, insecure: Insecure = False) -> None:
    """Print the last lines of a run's log."""
    with _errors(as_json=False):
        text = ask(site_of(site, insecure=insecure), "GET", f"{_path(which)}/log")
        typer.echo(plain(text.decode(errors="replace")), nl=False)


def _path(which: str) -> str:
    if not _ID.fullmatch(which):
        raise AssayError("bad_id", "That is no submission's ID.")
    return f"submissions/{which}"


def _state(found: dict[str, Any], as_json: bool) -> None:
    _show(found, as_json, " ".join(plain(found.get(k)) for k in ("id", "state", "url")))


def _show(found: dict[str, Any], as_json: bool, text: str) -> None:
    typer.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() if as_json else text)


@contextmanager
def _errors(as_json: bool) -> Iterator[None]:
    try:
        yield
    except AssayError as error:
        told = {"code": str(error.code), "detail": error.detail, "hint": error.hint}
        if as_json:
            typer.echo(orjson.dumps({"error": told}).decode())
        else:
            typer.echo(f"{error.detail}\n{error.hint}".rstrip(), err=True)
        raise typer.Exit(2) from None
