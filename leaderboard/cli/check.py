"""`assay check`: would this model be taken? A folder is judged here, a name by the site."""

from pathlib import Path
from typing import Annotated, Any

import typer

from leaderboard.cli import credentials
from leaderboard.cli.answers import as_object, needed
from leaderboard.cli.client import ask
from leaderboard.cli.exits import FAILED, RefusedError, as_data, errors, in_words, usage
from leaderboard.cli.folders import Verdict, folder_of, is_path, judge
from leaderboard.cli.options import AsJson, Chat, Dtype, Insecure, ModelOption, Site, one_model
from leaderboard.cli.scores import parameters
from leaderboard.cli.terminal import line, show, show_json


def check(
    model: Annotated[
        str, typer.Argument(help="hf:org/name@revision, local:name, or a folder of weights.")
    ] = "",
    *,
    model_option: ModelOption = "",
    board: Annotated[str, typer.Option(help="The board's slug; a folder needs none.")] = "",
    dtype: Dtype = "float32",
    chat: Chat = False,
    site: Site = None,
    insecure: Insecure = False,
    as_json: AsJson = False,
) -> None:
    """Say whether a model would be taken, and if not, what to change.

    A folder is checked on this machine, offline, with the site's own rules. Exit code: 0 it would
    be taken, 1 it would be refused, 2 wrong usage, 3 the site could not say.
    """
    with errors(as_json=as_json):
        name = one_model(model, model_option)
        folder = _folder(name, board)
        if folder is not None:
            verdict = judge(folder, chat_template=chat)
        else:
            address = credentials.site_of(site, insecure=insecure)
            body = {"model": name, "board": board, "precision": dtype, "chat_template": chat}
            verdict = _asked(address, body)
        _tell(verdict, as_json=as_json)


def _folder(name: str, board: str) -> Path | None:
    if board and is_path(name):
        raise usage("A folder is checked without a board.", "Leave --board out.")
    if board:
        return None
    folder = folder_of(name)
    if folder is None:
        raise usage("Name the board with --board.", "assay board lists them; a folder needs none.")
    return folder


def _asked(site: str, body: dict[str, Any]) -> Verdict:
    secret = credentials.token(site)
    try:
        found = as_object(ask(site, "POST", "submissions/check", secret=secret, body=body))
    except RefusedError as refused:
        return Verdict(body["model"], {}, [refused])
    return Verdict(needed(found, "model"), found, [])


def _tell(verdict: Verdict, *, as_json: bool) -> None:
    refusals = verdict.refusals
    if as_json:
        told = {"accepted": not refusals, "refusals": [as_data(one) for one in refusals]}
        show_json({"model": verdict.name} | verdict.facts | told)
    elif refusals:
        show(f"{line(verdict.name)} would be refused.")
        for refused in refusals:
            show(f"\n{line(refused.code)}: {in_words(refused)}")
    else:
        show(f"{line(verdict.name)} would be taken.")
        show(_facts(verdict.facts))
    if refusals:
        raise typer.Exit(FAILED)


def _facts(facts: dict[str, Any]) -> str:
    shown = {key: value for key, value in facts.items() if key != "model"}
    if isinstance(size := shown.get("size"), int):
        shown["size"] = f"{size:,} bytes"
    if isinstance(count := shown.get("parameters"), int):
        shown["parameters"] = parameters(count)
    if shown.get("licence") == "":
        shown["licence"] = "not reported: name it in the card, as `license: apache-2.0`"
    return "\n".join(f"{line(key)}: {_word(value)}" for key, value in shown.items())


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return line(value) or "-"
