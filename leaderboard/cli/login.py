"""`assay login`: a token is tried at its site before it is kept."""

import sys
from typing import Annotated

import typer

from leaderboard.cli import credentials
from leaderboard.cli.answers import as_object, needed
from leaderboard.cli.client import ask
from leaderboard.cli.exits import errors
from leaderboard.cli.options import AsJson, Insecure, Site
from leaderboard.cli.terminal import line, show, show_json


def login(
    site: Site = None,
    token_stdin: Annotated[
        bool,
        typer.Option("--token_stdin", "--token-stdin", help="Read the token from stdin."),
    ] = False,
    insecure: Insecure = False,
    as_json: AsJson = False,
) -> None:
    """Try a token at a site and keep it for that site."""
    with errors(as_json=as_json):
        address = credentials.site_of(site, insecure=insecure)
        secret = credentials.checked(_typed(token_stdin=token_stdin))
        me = as_object(ask(address, "GET", "me", secret=secret))
        name = needed(me, "username")
        credentials.save(address, secret)
        if as_json:
            show_json(me)
        else:
            show(f"Signed in to {address} as {line(name)}.")


def _typed(*, token_stdin: bool) -> str:
    # Without a terminal there is nobody to ask, and a prompt would only fail.
    if token_stdin or not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    return str(typer.prompt("Token", hide_input=True)).strip()
