"""lm-eval's own definitions of tasks, copied into a suite so that its bundles hold what was run.

A copy lies below `task/` as it lies in lm-eval's package, `lm_eval/tasks/…`. There lm-eval finds
it before its own, relative paths in it lead where they led, and its Python gets the same name.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import files, version
from pathlib import Path
from typing import Any

import yaml

from evaluations.errors import AssayError
from workers.catalogue import TASKS

#: Where the copies lie in a suite's folder.
FOLDER = "lm_eval/tasks"
_LICENCE, _VERSION = "lm_eval/LICENSE.md", "lm_eval/VERSION"
_OWN = TASKS.resolve()
_MAX_FILE = 1 << 20
_MAX_TOTAL = 16 << 20
_PACKAGE = "lm_eval.tasks."
#: What may be a file's name among a program's texts.
_NAME = re.compile(r"[\w.-]{1,100}(?:/[\w.-]{1,100}){0,4}")

_Found = tuple[Path, "_Reader"]
#: Reads a file's text and yields what it needs, each with what reads that.
_Reader = Callable[[Path, str], Iterator[_Found]]


def copies(definitions: Iterable[Path]) -> dict[str, bytes]:
    """Copy YAML files of lm-eval with all that they are made of.

    That is what they include, the Python that they and it name, what that imports of lm-eval's
    tasks, and data that lie beside such Python.

    Args:
        definitions: YAML files in lm-eval's folder of tasks.

    Returns:
        The files by their path in a suite's folder, with lm-eval's licence and version; none if
        none are given.

    Raises:
        AssayError: `suite_invalid` if one leads out of lm-eval's tasks, is no text, or is too
            large.
    """
    taken: dict[str, bytes] = {}
    waiting: list[_Found] = [(path, _by_yaml) for path in sorted(definitions)]
    while waiting:
        found, reader = waiting.pop()
        path = found.resolve()
        if (name := _name(path)) not in taken:
            taken[name] = _text(path)
            waiting += _needed(path, taken[name].decode(), reader)
    if sum(map(len, taken.values())) > _MAX_TOTAL:
        raise _refusal(f"The definitions of its tasks have more than {_MAX_TOTAL} bytes together.")
    return dict(sorted((taken | _beside_them() if taken else {}).items()))


def changed(own: Path) -> list[str]:
    """Return which copies in a suite's folder the installed lm-eval has otherwise, or not at all.

    Args:
        own: the folder; it may be a stranger's.
    """
    root = own / FOLDER
    found = sorted(file for file in root.rglob("*") if file.is_file())
    return [
        file.relative_to(own).as_posix()
        for file in found
        if not _is_same(file, _OWN / file.relative_to(root))
    ]


def are_of_installed(own: Path) -> bool:
    """Return whether the copies in a suite's folder say that they are of the installed lm-eval."""
    said = own / _VERSION
    return not said.is_file() or said.read_bytes() == _beside_them()[_VERSION]


def _is_same(one: Path, other: Path) -> bool:
    return other.is_file() and one.read_bytes() == other.read_bytes()


def _name(path: Path) -> str:
    if not path.is_relative_to(_OWN):
        raise _refusal(f"A definition of lm-eval's leads to {path.name}, out of its own tasks.")
    return f"{FOLDER}/{path.relative_to(_OWN).as_posix()}"


def _text(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_FILE + 1)
        data.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise _refusal(f"{_name(path)} can't be read as text: {error}.") from None
    if len(data) > _MAX_FILE:
        raise _refusal(f"{_name(path)} has more than {_MAX_FILE} bytes.")
    return data


def _beside_them() -> dict[str, bytes]:
    """Return lm-eval's version, and its licence, which wants to go with each copy."""
    found = {_VERSION: f"{version('lm_eval')}\n".encode()}
    for file in files("lm_eval") or []:
        if file.stem == "LICENSE":
            found[_LICENCE] = file.read_binary()
    return found


def _needed(path: Path, text: str, reader: _Reader) -> list[_Found]:
    try:
        return list(reader(path, text))
    except (yaml.YAMLError, SyntaxError) as error:
        raise _refusal(f"{_name(path)} can't be read: {error}.") from None


class _Yaml(yaml.SafeLoader):
    """Reads a definition without importing what it names."""

    def __init__(self, stream: str) -> None:
        """Read a text."""
        super().__init__(stream)
        self.functions: list[str] = []

    def function(self, node: yaml.Node) -> str:
        """Take note of a function's name."""
        self.functions.append(str(node.value))
        return str(node.value)


_Yaml.add_constructor("!function", _Yaml.function)


def _by_yaml(path: Path, text: str) -> Iterator[_Found]:
    loader = _Yaml(text)
    definition: Any = loader.get_single_data()
    included = definition.get("include", []) if isinstance(definition, dict) else []
    for name in [included] if isinstance(included, str) else included:
        yield path.parent / name, _by_yaml
    for function in loader.functions:
        module = function.rpartition(".")[0]
        beside = path.parent / f"{module.replace('.', '/')}.py"
        for found in [beside] if beside.exists() else _modules(module):
            yield found, _by_python


def _by_python(path: Path, text: str) -> Iterator[_Found]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "__file__" in text:
            yield from ((found, _by_none) for found in _beside(path, node.value))
        for module in _imported(path, node):
            yield from ((found, _by_python) for found in _modules(module))


def _by_none(path: Path, text: str) -> Iterator[_Found]:
    """Data need nothing."""
    yield from ()


def _imported(path: Path, node: ast.AST) -> Iterator[str]:
    """Yield what may be modules' names in a statement."""
    if isinstance(node, ast.Import):
        yield from (each.name for each in node.names)
    elif isinstance(node, ast.ImportFrom):
        module = _absolute(path, node)
        yield module
        yield from (f"{module}.{each.name}" for each in node.names)


def _absolute(path: Path, node: ast.ImportFrom) -> str:
    """Return the full name of the module that is imported from."""
    if not node.level:
        return node.module or ""
    folder = path.parents[node.level - 1]
    if not folder.is_relative_to(_OWN):
        return ""
    parts = [*folder.relative_to(_OWN).parts, *(node.module or "").split(".")]
    return _PACKAGE + ".".join(filter(None, parts))


def _modules(name: str) -> Iterator[Path]:
    """Yield the file of a module among lm-eval's tasks; a package may have none."""
    if name.startswith(_PACKAGE):
        stem = name.removeprefix(_PACKAGE).replace(".", "/")
        yield from filter(Path.is_file, (_OWN / f"{stem}.py", _OWN / stem / "__init__.py"))


def _beside(path: Path, name: str) -> Iterator[Path]:
    """Yield the file of this name in a program's folder or one above it, if there is one."""
    if not _NAME.fullmatch(name):
        return
    for folder in path.parents:
        found = (folder / name).resolve()
        if folder == _OWN or not found.is_relative_to(_OWN):
            return
        if found.is_file():
            yield found


def _refusal(detail: str) -> AssayError:
    return AssayError(
        "suite_invalid",
        detail,
        "Leave its task out, or define it in the suite's own folder tasks/.",
    )
