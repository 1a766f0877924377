"""What lm-eval held an answer against and the choices it had, from a row and its configuration.

A row's `target` is text, while lm-eval compares the value itself: the number 2 is the third choice
and the text "2" a choice that reads so. `doc_to_target` says which it was
(lm_eval/api/task.py, `ConfigurableTask.doc_to_target`): a field of the document, whose value the
row has; a constant; or a template, whose text lm-eval turns into a number or a list by rules that
are repeated here. A function of the task's own says nothing, and is not recomputed.
"""

import ast
import re
from collections.abc import Mapping
from typing import Any

from evaluations.provenance.rescore.filters import NotRecomputableError, UnreadableError
from evaluations.provenance.rows import Row

Config = Mapping[str, Any]
#: lm-eval's dump of a function is its source, or its representation where it has none.
_CODE = re.compile(r"\s*(?:@|def |async |class |functools\.partial|<(?:function|bound|built-in))")
_MAX_LITERAL = 100_000


def gold_of(config: Config, row: Row) -> Any:
    """Return the target as lm-eval's scorer saw it: a number, a text, or a list of them.

    Raises:
        NotRecomputableError: if the task's own Python made it.
        UnreadableError: if it does not fit the document.
    """
    rule = config.get("doc_to_target")
    if isinstance(rule, str) and isinstance(row.doc, dict) and rule in row.doc:
        gold = row.doc[rule]
    elif isinstance(rule, str) and not is_code(rule):
        gold = _from_template(row.target, has_choices="doc_to_choice" in config)
    elif isinstance(rule, int | list):
        gold = rule
    else:
        raise NotRecomputableError("its targets are made by the task's own Python")
    if str(gold) != row.target:
        raise UnreadableError("its target is not the one of its document")
    return gold


def is_code(rule: str) -> bool:
    """Return whether a rule is a function's source and not a template or a field."""
    return bool(_CODE.match(rule)) or "lambda" in rule


def _from_template(text: str, *, has_choices: bool) -> Any:
    listed = text.startswith("[") and text.endswith("]")
    if not (listed or (text.isdigit() and has_choices)):
        return text
    if len(text) > _MAX_LITERAL:
        raise NotRecomputableError("a target is too long to be read as a list")
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def choices_of(config: Config, row: Row, *, chat_template: bool) -> list[str]:
    """Return a multiple-choice document's choices: its continuations without the delimiter.

    lm-eval asks for `target_delimiter + choice` (`construct_requests`), so this holds for
    templates and functions too. Where the choices are a field or a constant list, they must agree.

    Raises:
        UnreadableError: if a continuation lacks the delimiter, or the choices differ.
    """
    delimiter = _delimiter(config, chat_template=chat_template)
    choices = []
    for arguments in row.arguments:
        text = arguments[1] if len(arguments) > 1 else None
        if type(text) is not str or not text.startswith(delimiter):
            raise UnreadableError("a continuation does not begin with the task's target_delimiter")
        choices.append(text[len(delimiter) :])
    known = fixed_choices(config, row)
    if known is not None and known != choices:
        raise UnreadableError("its continuations are not its document's choices")
    return choices


def fixed_choices(config: Config, row: Row) -> list[Any] | None:
    """Return the choices where configuration and document state them outright, or None.

    A mapping of choices has lost its order in canonical JSON, and a template is not run here.
    """
    rule = config.get("doc_to_choice")
    if isinstance(rule, str) and isinstance(row.doc, dict) and isinstance(row.doc.get(rule), list):
        rule = row.doc[rule]
    return rule if isinstance(rule, list) else None


def _delimiter(config: Config, *, chat_template: bool) -> str:
    delimiter, prefix = config.get("target_delimiter", " "), config.get("gen_prefix")
    if not isinstance(delimiter, str):
        raise NotRecomputableError("its target_delimiter is no text")
    if not chat_template:
        return delimiter
    ends_open = isinstance(prefix, str) and prefix != "" and not prefix[-1].isspace()
    return delimiter if ends_open else ""
