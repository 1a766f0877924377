"""Every kind of hub model that can't be evaluated, as a program hears of it: nothing is saved."""

from collections.abc import Callable

import pytest

from evaluations.failures import failure
from evaluations.models import IdempotentRequest, LanguageModel, Submission
from tests import factories
from tests.hub import Hub
from tests.hub.material import NAME, model
from tests.integration.hub import test_check as spoilt

pytestmark = pytest.mark.django_db


def renamed(hub):
    hub.add_model(NAME, model())
    hub.rename(NAME, "other/new")


def gated(hub):
    hub.add_model(NAME, model())
    hub.gate(NAME, token="hf_other")


def private(hub):
    hub.add_model(NAME, model())
    hub.hide(NAME, token="hf_other")


def too_large(hub):
    hub.add_model(NAME, model())
    hub.promise(NAME, "model.safetensors", 41 * 10**9)


def missing(hub):
    assert not hub.repositories


def without_the_revision(hub):
    hub.add_model(NAME, model(), branch="other")


def away(hub):
    hub.add_model(NAME, model())
    hub.down = 503


def of_files(spoil):
    def add(hub):
        hub.add_model(NAME, spoil(model()))

    return add


CASES: dict[str, tuple[Callable[[Hub], None], int, str]] = {
    "missing": (missing, 422, "model_not_found"),
    "private": (private, 422, "model_not_found"),
    "renamed": (renamed, 422, "model_renamed"),
    "gated": (gated, 422, "model_gated"),
    "no such revision": (without_the_revision, 422, "revision_missing"),
    "too large": (too_large, 422, "model_too_large"),
    "pickle only": (of_files(spoilt.pickle_only), 422, "unsafe_weights"),
    "adapter": (of_files(spoilt.adapter), 422, "adapter_only"),
    "gguf": (of_files(spoilt.gguf), 422, "gguf_only"),
    "quantised": (of_files(spoilt.quantised), 422, "weights_quantised"),
    "remote code": (of_files(spoilt.remote_code), 422, "remote_code_required"),
    "a shard is missing": (of_files(spoilt.shard_missing), 422, "weights_incomplete"),
    "half uploaded": (of_files(spoilt.cut_off), 422, "weights_incomplete"),
    "no tokenizer": (of_files(spoilt.no_tokenizer), 422, "tokenizer_error"),
    "hub away": (away, 503, "hub_unavailable"),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("path", ["submissions", "submissions/check"])
def test_hub_model_that_is_no_good_is_a_problem_with_a_hint(ana, hub, case, path):
    factories.make_board("demo")
    prepare, status, code = CASES[case]
    prepare(hub)
    response = ana.post(path, {"model": f"hf:{NAME}@main", "board": "demo"}, Idempotency_Key="key")
    said = response.json()
    assert response["Content-Type"] == "application/problem+json"
    assert (response.status_code, said["code"]) == (status, code)
    assert (said["field"], said["hint"]) == ("model", failure(code).hint)
    assert (LanguageModel.objects.count(), Submission.objects.count()) == (0, 0)
    # A passing fault of the hub's may be tried again under the same key.
    assert IdempotentRequest.objects.count() == (status < 500)
