"""Options that several commands share. Words are joined as lm-eval joins them; hyphens work too."""

from typing import Annotated

import typer

from leaderboard.cli.exits import usage

Site = Annotated[
    str | None,
    typer.Option("--site", envvar="ASSAY_SITE", help="The site; else that of the last login."),
]
Insecure = Annotated[bool, typer.Option("--insecure", help="Allow plain http to other machines.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ModelOption = Annotated[
    str, typer.Option("--model", "-M", help="The same as MODEL, as lm-eval spells it.")
]
Dtype = Annotated[str, typer.Option("--dtype", help="The numbers that the model computes with.")]
Chat = Annotated[
    bool,
    typer.Option(
        "--apply_chat_template",
        "--apply-chat-template",
        help="Prompts pass through the model's own template.",
    ),
]
Limit = Annotated[int, typer.Option("--limit", "-L", min=1, max=10_000, help="Rows at most.")]
Which = Annotated[
    str, typer.Argument(metavar="[ID]", help="A submission's ID; without it yours are listed.")
]


def one_model(argument: str, option: str) -> str:
    """Return the model that was named, either way.

    Raises:
        AssayError: `usage`, if it was named twice or not at all.
    """
    if bool(argument) == bool(option):
        raise usage("Name one model.", "For instance hf:org/name@revision or local:name.")
    return argument or option
