"""Setting a site up: `load_suite`, `create_board`, `register_model`."""

import io

import pytest
from django.core.management import CommandError, call_command

from evaluations.models import Board, LanguageModel, Suite
from tests import factories
from tests.hub.material import model, without
from tests.material import make_suite

pytestmark = pytest.mark.django_db


def said(*arguments):
    out = io.StringIO()
    call_command(*map(str, arguments), stdout=out)
    return out.getvalue()


def refused(*arguments):
    with pytest.raises(CommandError) as error:
        said(*arguments)
    return str(error.value)


def folder(path, files):
    path.mkdir()
    for name, data in files.items():
        (path / name).write_bytes(data)
    return path


def test_suite_is_loaded_once_as_a_draft(tmp_path):
    path = make_suite(tmp_path)
    assert said("load_suite", path) == "loaded made-up v1, draft\n"
    assert said("load_suite", path) == "was loaded before: made-up v1, draft\n"
    path.write_text(path.read_text().replace("CC0-1.0", "mit"))
    assert refused("load_suite", path).startswith("suite_changed: made-up v1 was loaded before")
    assert Suite.objects.count() == 1


@pytest.mark.parametrize("text", ["", "[", "name: x\nversion: 1\n", "name: x\nshots: 5\n"])
def test_suite_that_makes_no_sense_is_refused(tmp_path, text):
    (tmp_path / "suite.yaml").write_text(text)
    assert refused("load_suite", tmp_path / "suite.yaml").startswith("suite_invalid: suite.yaml")
    assert refused("load_suite", tmp_path / "none.yaml").startswith("suite_invalid: none.yaml")
    assert not Suite.objects.exists()


def test_board_is_opened_over_the_newest_version():
    factories.make_suite(name="words")
    newest = factories.make_suite(name="words", version=2)
    assert said("create_board", "words", "words") == "opened words (words v2)\n"
    assert said("create_board", "words", "words") == "was open before: words (words v2)\n"
    assert Board.objects.get().suite == newest


def test_board_keeps_its_suite():
    first = factories.make_suite(name="words")
    said("create_board", "words", "words")
    factories.make_suite(name="words", version=2)
    assert refused("create_board", "words", "words").startswith(
        "board_taken: The board words is over words v1, and a board keeps its suite."
    )
    assert Board.objects.get().suite == first


@pytest.mark.parametrize("slug", ["", "a b", "é", "a/b", "x" * 51])
def test_board_needs_a_name_that_can_stand_in_an_address(slug):
    factories.make_suite(name="words")
    assert refused("create_board", slug, "words").startswith(f"board_invalid: {slug!r}")
    assert not Board.objects.exists()


def test_board_of_an_unknown_suite_is_refused_with_the_known_ones():
    assert refused("create_board", "b", "words").endswith("loaded are: none.")
    factories.make_suite(name="sums")
    assert refused("create_board", "b", "words").endswith("loaded are: sums.")


def test_model_is_registered_once(tmp_path):
    path = folder(tmp_path / "m", model())
    first = said("register_model", "tiny", path)
    assert first.startswith("registered local:tiny@")
    assert "LlamaForCausalLM, 12 parameters" in first
    assert said("register_model", "tiny", path).startswith("was registered before as local:tiny@")
    assert LanguageModel.objects.get().revisions.count() == 1


def test_model_that_is_no_good_is_refused_with_its_code(tmp_path):
    pickled = without(model(), "model.safetensors", **{"pytorch_model.bin": b"\x80"})
    bad = folder(tmp_path / "pickled", pickled)
    good = folder(tmp_path / "good", model())
    assert refused("register_model", "tiny", bad).startswith("unsafe_weights: ")
    assert refused("register_model", "tiny", tmp_path / "none").count(": ") >= 1
    for name in ("", "a/b", "../x", "a b", "x" * 97):
        assert refused("register_model", name, good).startswith("model_not_found: ")
    assert not LanguageModel.objects.exists()
