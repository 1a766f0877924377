"""The engine as lm-eval sees it: stock's answers, or stock itself and a reason."""

import json
import random
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from lm_eval.api.instance import Instance
from lm_eval.api.registry import get_model
from lm_eval.models.huggingface import HFLM

from tests.material import GEN, MC, make_model, make_tasks
from tests.unit.workers.engines.models import ARCHITECTURES, LENGTH, OTHERS, make, tokenizer
from workers.engines import hf
from workers.engines.assay import attention, parts, passes
from workers.engines.assay.model import AssayLM
from workers.runner.limits import is_out_of_memory

pytestmark = pytest.mark.engine


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def both(model: Any, **options: Any) -> tuple[HFLM, AssayLM]:
    words = {"tokenizer": tokenizer()}
    ours = AssayLM(pretrained=model, **words, **{"tokens_per_pass": 100, **options})
    options.pop("tokens_per_pass", None)
    return HFLM(pretrained=model, **words, **options), ours


def text(chance: random.Random, size: int) -> str:
    return "".join(chance.choice("abcdef ") for _ in range(size))


def choices(seed: int = 1) -> list[Instance]:
    """Return requests that share beginnings, repeat, are one character long, empty or too long."""
    chance = random.Random(seed)
    shared = text(chance, 70)
    contexts = [shared + text(chance, 30) for _ in range(3)]
    contexts += [text(chance, 120), shared, shared[:20], "", text(chance, 2 * LENGTH)]
    asked = [
        (context, text(chance, size).replace(" ", "g"))
        for context in contexts
        for size in (1, 1, 5, 20)
    ]
    # Every character once: one of them is the likeliest.
    asked += [(contexts[0], letter) for letter in string.printable]
    asked += asked[:3]
    return [Instance("loglikelihood", {}, each, idx) for idx, each in enumerate(asked)]


def same(expected: list[tuple[float, bool]], given: list[tuple[float, bool]]) -> bool:
    assert [greedy for _, greedy in given] == [greedy for _, greedy in expected]
    worst = max(abs(a - b) for (a, _), (b, _) in zip(expected, given, strict=True))
    assert worst <= 1e-4
    return True


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_answers_are_stocks(name: str) -> None:
    stock, ours = both(make(name))
    expected = stock.loglikelihood(choices(), disable_tqdm=True)
    assert same(expected, ours.loglikelihood(choices(), disable_tqdm=True))
    assert sum(greedy for _, greedy in expected) >= 1
    record = ours.engine_record
    assert (record["fallback"], record["requests_left_to_stock"]) == ("", 0)
    assert record["positions_computed"] < 0.5 * record["positions_stock"]
    # What is generated is stock's, and the model attends as it did before.
    asked = [Instance("generate_until", {}, ("abc", {"until": ["\n"], "max_gen_toks": 4}), 0)]
    given = [lm.generate_until(asked, disable_tqdm=True) for lm in (stock, ours)]
    assert given[0] == given[1]


REASONS = {
    "bloom": "it doesn't attend by transformers' interface",
    "mamba": "it doesn't attend by transformers' interface",
    "gpt_neo": "it doesn't attend by transformers' interface",
    "t5": "it is of the kind seq2seq, not causal",
    "llama, dynamic positions": "its dynamic positions depend on what else is in a pass",
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_models_are_computed_by_stock_and_the_record_says_why(name: str) -> None:
    stock, ours = both(make(name))
    assert ours.engine_record["fallback"] == REASONS[name]
    expected = stock.loglikelihood(choices(), disable_tqdm=True)
    assert ours.loglikelihood(choices(), disable_tqdm=True) == expected
    assert ours.engine_record["requests_left_to_stock"] == len(choices())
    assert ours.engine_record["positions_computed"] == 0
    if name == "t5":
        # lm-eval's own answers need contexts of one length there.
        return
    rolling = [Instance("loglikelihood_rolling", {}, ("abcd" * 100,), 0)]
    given = ours.loglikelihood_rolling(rolling, disable_tqdm=True)
    assert given == stock.loglikelihood_rolling(rolling, disable_tqdm=True)


@pytest.mark.parametrize("name", ["llama", "gemma3"])
def test_rolling_answers_are_stocks(name: str) -> None:
    chance = random.Random(2)
    sizes = (0, 1, 40, LENGTH - 1, LENGTH, LENGTH + 1, 700)
    asked = [Instance("loglikelihood_rolling", {}, (text(chance, n),), 0) for n in sizes]
    stock, ours = both(make(name))
    expected = stock.loglikelihood_rolling(asked, disable_tqdm=True)
    assert ours.loglikelihood_rolling(asked, disable_tqdm=True) == pytest.approx(
        expected, rel=1e-6, abs=1e-4
    )


@pytest.mark.parametrize("tokens", [1, 7, 1000])
def test_any_size_of_pass_gives_the_answers(tokens: int) -> None:
    stock, ours = both(make("gemma2"), tokens_per_pass=tokens)
    expected = stock.loglikelihood(choices(), disable_tqdm=True)
    assert same(expected, ours.loglikelihood(choices(), disable_tqdm=True))


def test_two_runs_are_equal_to_the_byte_in_any_order() -> None:
    asked = choices()
    shuffled = random.Random(4).sample(range(len(asked)), len(asked))
    model = make("llama")
    one = AssayLM(pretrained=model, tokenizer=tokenizer())
    two = AssayLM(pretrained=model, tokenizer=tokenizer(), batch_size=16)
    first = one.loglikelihood(asked, disable_tqdm=True)
    second = two.loglikelihood([asked[at] for at in shuffled], disable_tqdm=True)
    assert json.dumps([first[at] for at in shuffled]) == json.dumps(second)
    assert json.dumps(one.loglikelihood(asked, disable_tqdm=True)) == json.dumps(first)


def test_of_equally_likely_tokens_the_one_that_stock_takes_is_the_likeliest() -> None:
    model = make("llama")
    with torch.no_grad():
        model.lm_head.weight.zero_()
    stock, ours = both(model)
    assert ours.engine_record["fallback"] == ""
    expected = stock.loglikelihood(choices(), disable_tqdm=True)
    assert same(expected, ours.loglikelihood(choices(), disable_tqdm=True))


def test_long_windows_are_left_to_stock_where_no_check_has_overrun_them() -> None:
    model = make("mistral, windows", sliding_window=600, max_position_embeddings=1024)
    stock, ours = both(model)
    asked = [*choices(), Instance("loglikelihood", {}, ("ab" * 400, "cd"), 0)]
    expected = stock.loglikelihood(asked, disable_tqdm=True)
    assert same(expected, ours.loglikelihood(asked, disable_tqdm=True))
    assert ours.engine_record["longest"] == 600
    assert ours.engine_record["requests_left_to_stock"] == 1


def test_weights_that_are_not_numbers_give_what_stock_gives() -> None:
    model = make("llama")
    with torch.no_grad():
        model.model.layers[1].mlp.up_proj.weight[0, 0] = float("nan")
    stock, ours = both(model)
    assert ours.engine_record["fallback"] == "log-likelihoods differ from stock's by nan"
    given, expected = (lm.loglikelihood(choices(), disable_tqdm=True) for lm in (ours, stock))
    assert repr(given) == repr(expected)


def test_weights_that_become_bad_later_show() -> None:
    _, ours = both(make("llama"))
    with torch.no_grad():
        ours.model.lm_head.weight[7] = float("nan")
    answers = ours.loglikelihood(choices(), disable_tqdm=True)
    assert {str(value) for value, _ in answers} == {"nan"}


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_below_float32_the_difference_is_recorded(dtype: torch.dtype) -> None:
    stock, ours = both(make("llama", dtype=dtype))
    assert ours.engine_record["fallback"] == ""
    assert 0 <= ours.engine_record["largest_difference"] <= 0.5
    assert 0 <= ours.engine_record["decisions_flipped"] <= 1
    given, expected = (lm.loglikelihood(choices(), disable_tqdm=True) for lm in (ours, stock))
    assert all(a == pytest.approx(b, abs=1) for (a, _), (b, _) in zip(given, expected, strict=True))


@pytest.mark.parametrize("continuation", ["", "a" * (LENGTH + 1)])
def test_what_stock_refuses_is_refused(continuation: str) -> None:
    stock, ours = both(make("llama"))
    asked = [((" ", continuation), [5], [6] * len(continuation))]
    for lm in (stock, ours):
        with pytest.raises(AssertionError):
            lm._loglikelihood_tokens(asked, disable_tqdm=True)


def test_no_requests_have_no_answers() -> None:
    _, ours = both(make("llama"))
    assert ours.loglikelihood([], disable_tqdm=True) == []
    assert ours.loglikelihood_rolling([], disable_tqdm=True) == []


def test_a_pass_must_hold_something() -> None:
    with pytest.raises(ValueError, match="tokens_per_pass is 0; it must be at least 1"):
        AssayLM(pretrained=make("llama"), tokenizer=tokenizer(), tokens_per_pass=0)


def test_memory_that_runs_out_while_checking_is_no_reason_to_fall_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_args: Any, **_options: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(attention, "attend", full)
    with pytest.raises(MemoryError) as raised:
        both(make("llama"))
    assert is_out_of_memory(raised.value)


@pytest.mark.parametrize("fault", ["siblings", "path", "order", "window", "merge"])
def test_the_check_finds_faults(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Break what the engine does; the model must be left to stock."""
    _break(fault, monkeypatch)
    _, ours = both(make("mistral, windows" if fault == "window" else "llama"))
    assert ours.engine_record["fallback"].startswith("log-likelihoods differ from stock's by")


def _break(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    see, merge, paths = passes._sees, parts.merge, passes._paths

    def wrong_path(*args: Any) -> list[passes.Path]:
        return [passes.Path(p.start, p.stop, max(1, p.length - 1)) for p in paths(*args)]

    def wrong_merge(out: Any, sums: Any, part: Any) -> None:
        merge(out, sums, (part[0], part[1] + 0.1))

    faults: dict[str, tuple[Any, str, Any]] = {
        "siblings": (passes, "_sees", lambda end, a, b: see(end + 5, a, b)),
        "path": (passes, "_paths", wrong_path),
        "order": (passes, "_run_starts", lambda trie: trie.depth < 0),
        "window": (passes.Pass, "windowed", lambda _self, _window: None),
        "merge": (attention, "merge", wrong_merge),
    }
    monkeypatch.setattr(*faults[fault])


def test_lm_eval_evaluates_with_it_as_with_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lm_eval.evaluator import simple_evaluate
    from lm_eval.tasks import TaskManager

    folder = make_model(tmp_path / "model")
    make_tasks(tmp_path / "task")
    # Its data are named relative to the folder in which a bundle is evaluated.
    monkeypatch.chdir(tmp_path)
    tasks = TaskManager(include_path="task", include_defaults=False)
    results = [
        simple_evaluate(
            model=name,
            model_args={"pretrained": str(folder), "dtype": "float32"},
            device="cpu",
            tasks=[MC, GEN],
            task_manager=tasks,
            bootstrap_iters=0,
        )["results"]
        for name in ("hf", "assay")
    ]
    assert results[0] == results[1]


def test_the_runner_loads_it_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_model(tmp_path / "model")
    monkeypatch.chdir(tmp_path)
    passes_seen: list[None] = []
    config = {
        "model": "assay",
        "model_args": {"dtype": "float32"},
        "batch_size": 1,
        "device": "cpu",
    }
    lm = hf.load(config, lambda: passes_seen.append(None))
    asked = [Instance("loglikelihood", {}, ("What comes after a?", letter), 0) for letter in "bcd"]
    lm.loglikelihood(asked, disable_tqdm=True)
    assert lm.engine_record["passes"] == len(passes_seen) == 1


def test_lm_eval_knows_it_by_its_name() -> None:
    import workers.engines  # noqa: F401

    assert get_model("assay") is AssayLM
    assert get_model("hf") is HFLM
