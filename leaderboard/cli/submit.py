"""`assay submit`: ask for an evaluation, and wait for it if you like."""

from typing import Annotated
from uuid import uuid4

import typer

from leaderboard.cli import credentials
from leaderboard.cli.answers import as_object
from leaderboard.cli.client import ask
from leaderboard.cli.exits import FAILED, INCOMPLETE, errors, usage
from leaderboard.cli.folders import is_path
from leaderboard.cli.options import AsJson, Chat, Dtype, Insecure, ModelOption, Site, one_model
from leaderboard.cli.outcome import tell_outcome
from leaderboard.cli.progress import follow
from leaderboard.cli.submissions import Submission
from leaderboard.cli.terminal import line, say, show, show_json
from leaderboard.cli.waiting import going_on, states


def submit(
    model: Annotated[str, typer.Argument(help="hf:org/name@revision or local:name.")] = "",
    *,
    model_option: ModelOption = "",
    board: Annotated[str, typer.Option(help="The board's slug.")],
    dtype: Dtype = "float32",
    chat: Chat = False,
    intended_use: Annotated[
        str,
        typer.Option("--intended_use", "--intended-use", help="Your words; they are published."),
    ] = "",
    waits: Annotated[bool, typer.Option("--wait", help="Wait until it has ended.")] = False,
    site: Site = None,
    insecure: Insecure = False,
    as_json: AsJson = False,
) -> None:
    """Submit a model to a board.

    Exit code: 0 it was taken (with --wait: there is a result), 1 a check refused it or it ended
    without a result, 2 wrong usage, 3 you or the site stopped before the end.
    """
    with errors(as_json=as_json):
        name = one_model(model, model_option)
        if is_path(name):
            raise usage(
                "A folder can't be submitted.",
                "Upload it to the hub and name it there. assay check says whether it is fit.",
            )
        address = credentials.site_of(site, insecure=insecure)
        body = {"model": name, "board": board, "precision": dtype, "chat_template": chat}
        made = _made(address, body | {"intended_use": intended_use})
        if waits:
            _wait(address, made, as_json=as_json)
        elif as_json:
            show_json(made.told)
        else:
            show(f"{made.id} {line(made.state)} {line(made.url)}")


def _made(address: str, body: dict[str, object]) -> Submission:
    secret, key = credentials.token(address), str(uuid4())
    try:
        content = ask(address, "POST", "submissions", secret=secret, body=body, key=key)
    except KeyboardInterrupt:
        say("You stopped before the site answered. assay status lists what it took.")
        raise typer.Exit(INCOMPLETE) from None
    return Submission.read(as_object(content))


def _wait(address: str, made: Submission, *, as_json: bool) -> None:
    with going_on(address, made.id):
        ended = follow(states(address, made.id))
    tell_outcome(address, ended, as_json=as_json)
    if not ended.succeeded:
        raise typer.Exit(FAILED)
