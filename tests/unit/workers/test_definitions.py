"""What of lm-eval's tasks is copied into a suite, and what is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from evaluations.errors import AssayError
from workers import definitions
from workers.catalogue import TASKS

Lay = Callable[..., Path]


@pytest.fixture
def lay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lay:
    """Make a folder of lm-eval's tasks of these files; returns the first."""
    root = tmp_path / "lm_eval" / "tasks"
    monkeypatch.setattr(definitions, "_OWN", root)

    def make(files: dict[str, str | bytes]) -> Path:
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return root / next(iter(files))

    return make


def copied(*paths: Path) -> set[str]:
    found = definitions.copies(paths)
    assert found.pop("lm_eval/VERSION") == b"0.4.13\n"
    assert found.pop("lm_eval/LICENSE.md").startswith(b"MIT License")
    return {path.removeprefix("lm_eval/tasks/") for path in found}


@pytest.mark.parametrize(
    ("task", "files"),
    [
        ("arc/arc_challenge.yaml", {"arc/arc_challenge.yaml", "arc/arc_easy.yaml"}),
        # A template without an ending, in a folder whose name has a space, with its Python.
        (
            "include/default/North Macedonian/include_base_44_north_macedonian_stem.yaml",
            {
                "include/default/North Macedonian/_north_macedonian_template_yaml",
                "include/default/North Macedonian/include_base_44_north_macedonian_stem.yaml",
                "include/default/North Macedonian/utils.py",
            },
        ),
        # Python that imports Python of another task.
        (
            "leaderboard/ifeval/ifeval.yaml",
            {
                "leaderboard/ifeval/ifeval.yaml",
                "leaderboard/ifeval/utils.py",
                "ifeval/instructions.py",
                "ifeval/instructions_registry.py",
                "ifeval/instructions_util.py",
            },
        ),
        # Python that opens a file of the folder above.
        (
            "openai-mmmlu/default/mmmlu_ar_xy_abstract_algebra.yaml",
            {
                "openai-mmmlu/default/mmmlu_ar_xy_abstract_algebra.yaml",
                "openai-mmmlu/default/_default_template_yaml",
                "openai-mmmlu/default/utils.py",
                "openai-mmmlu/subjects.json",
            },
        ),
        # Python whose tests run code that a model wrote.
        ("humaneval/humaneval.yaml", {"humaneval/humaneval.yaml", "humaneval/utils.py"}),
    ],
)
def test_all_that_a_task_of_lm_eval_is_made_of_is_copied(task: str, files: set[str]) -> None:
    assert copied(TASKS / task) == files


def test_copies_are_the_files_themselves_and_in_order() -> None:
    paths = [TASKS / "arc" / "arc_challenge.yaml", TASKS / "hellaswag" / "hellaswag.yaml"]
    found = definitions.copies(paths)
    assert list(found) == sorted(found)
    assert list(found.items()) == list(definitions.copies(reversed(paths)).items())
    for path, data in found.items():
        if path.startswith("lm_eval/tasks/"):
            assert data == (TASKS.parents[1] / path).read_bytes()


def test_nothing_is_copied_for_a_suite_with_tasks_of_its_own() -> None:
    assert definitions.copies([]) == {}


def test_includes_are_followed_in_lists_in_chains_and_once(lay: Lay) -> None:
    first = lay(
        {
            "a/one.yaml": "task: one\ninclude: [../b/base, two.yaml]",
            "a/two.yaml": "include: ../b/base\nf: !function code.f",
            "b/base": "include: ../a/two.yaml\ng: !function deep.code.g",
            "b/deep/code.py": "from . import beside\nfrom ...c import up, lm_eval\n",
            "b/deep/beside.py": "import lm_eval.tasks.c.by",
            "c/up.py": "",
            "c/by.py": "import os, lm_eval.api, lm_eval.tasks.c.none",
            "a/code.py": "open('data.txt')",
            "a/data.txt": "not beside __file__: who runs it has it or not",
            "c/other.yaml": "task: other",
        }
    )
    assert copied(first) == {
        "a/one.yaml", "a/two.yaml", "b/base", "b/deep/code.py", "b/deep/beside.py", "c/up.py",
        "c/by.py", "a/code.py",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"a/one.yaml": "include: ../../../secret"}, "leads to secret, out of its own tasks"),
        ({"a/one.yaml": "include: /etc/passwd"}, "leads to passwd, out of its own tasks"),
        ({"a/one.yaml": "include: none.yaml"}, "a/none.yaml can't be read as text"),
        ({"a/one.yaml": b"task: \xff"}, "a/one.yaml can't be read as text"),
        ({"a/one.yaml": "task: [one"}, "a/one.yaml can't be read: "),
        ({"a/one.yaml": "f: !function p.f", "a/p.py": "def f("}, "a/p.py can't be read: "),
        ({"a/one.yaml": "#" * ((1 << 20) + 1)}, "a/one.yaml has more than 1048576 bytes"),
    ],
)
def test_what_leads_out_or_is_no_text_is_refused(
    lay: Lay, tmp_path: Path, files: dict[str, str | bytes], why: str
) -> None:
    (tmp_path / "secret").write_text("a secret")
    with pytest.raises(AssayError) as refused:
        definitions.copies([lay(files)])
    assert refused.value.code == "suite_invalid"
    assert why in refused.value.detail


def test_function_of_a_file_elsewhere_is_refused(lay: Lay, tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text("a = 'secret'")
    # lm-eval reads dots as slashes.
    function = ".".join(("", *tmp_path.parts[1:], "secret", "f"))
    with pytest.raises(AssayError, match=r"leads to secret\.py, out of its own tasks"):
        definitions.copies([lay({"a/one.yaml": f"f: !function {function}"})])


def test_link_that_leads_out_is_refused(lay: Lay, tmp_path: Path) -> None:
    first = lay({"a/one.yaml": "include: base"})
    (tmp_path / "secret").write_text("task: secret")
    (first.parent / "base").symlink_to(tmp_path / "secret")
    with pytest.raises(AssayError, match="leads to secret, out of its own tasks"):
        definitions.copies([first])


def test_too_much_in_all_is_refused(lay: Lay) -> None:
    names = [f"a/{n}.yaml" for n in range(17)]
    first = lay(dict.fromkeys(names, "#" * (1 << 20)))
    with pytest.raises(AssayError, match="more than 16777216 bytes together"):
        definitions.copies(first.parent / Path(name).name for name in names)


def test_changed_copies_are_named(lay: Lay, tmp_path: Path) -> None:
    lay({"a/one.yaml": "task: one", "a/two.yaml": "task: two"})
    own = tmp_path / "task"
    for name, content in {
        "lm_eval/tasks/a/one.yaml": "task: one",
        "lm_eval/tasks/a/two.yaml": "task: changed",
        "lm_eval/tasks/a/more.py": "more = 1",
        "mine/three.yaml": "task: three",
    }.items():
        (own / name).parent.mkdir(parents=True, exist_ok=True)
        (own / name).write_text(content)
    assert definitions.changed(own) == ["lm_eval/tasks/a/more.py", "lm_eval/tasks/a/two.yaml"]
    assert definitions.changed(tmp_path / "none") == []


@pytest.mark.parametrize(
    ("said", "installed"), [("0.4.13\n", True), (None, True), ("0.4.12\n", False), ("", False)]
)
def test_copies_say_of_which_version_they_are(
    tmp_path: Path, said: str | None, installed: bool
) -> None:
    (tmp_path / "lm_eval").mkdir()
    if said is not None:
        (tmp_path / "lm_eval" / "VERSION").write_text(said)
    assert definitions.are_of_installed(tmp_path) is installed
