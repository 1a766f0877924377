"""The panel that says how to run a result again, and what may come of it."""

import html
import os
import re
import subprocess

import pytest

from evaluations.models import Run
from tests import factories

pytestmark = pytest.mark.django_db
PACKAGES = {"assay": "1.0", "lm_eval": "0.4.13", "torch": "2.13.0+cpu"}


def panel(client, result):
    shown = client.get(f"/results/{result.public_id}/").content.decode()
    return shown[shown.index('aria-labelledby="reproduce"') : shown.index('id="downloads"')]


def words(client, result):
    return " ".join(re.sub(r"<[^>]+>", " ", panel(client, result)).split())


def make(**fields):
    environment = factories.ENVIRONMENT | {"packages": PACKAGES} | fields.pop("environment", {})
    return factories.make_result(environment=environment, **fields)


def commands(client, result):
    found = re.findall(r'<pre class="cmd"\s+tabindex="0">(.*?)</pre>', panel(client, result), re.S)
    return [html.unescape(one) for one in found]


def test_tabs_are_one_group_of_which_the_first_is_open(client):
    shown = panel(client, make())
    assert shown.count('<details name="reproduce" open>') == 1
    assert shown.count('<details name="reproduce">') == 2


def test_every_command_is_sound_shell(client):
    found = commands(client, make())
    assert len(found) == 4
    for command in found:
        subprocess.run(["sh", "-n", "-c", command], check=True, timeout=20)


def test_container_runs_the_lock_in_the_runs_own_python(client, tmp_path):
    result = make()
    [command] = [one for one in commands(client, result) if "docker" in one]
    for name in ("curl", "tar", "docker"):
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\nprintf "%s\\n" {name} "$@" >> said\n')
        program.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["sh", "-ec", command], cwd=tmp_path, env={"PATH": path}, check=True, timeout=20)
    said = (tmp_path / "said").read_text()
    files = f"http://testserver/api/v1/results/{result.public_id}"
    assert f"curl\n-fLO\n{files}/bundle.tar\ntar\nxf\nbundle.tar\n" in said
    assert f"curl\n-fLO\n{files}/model.tar\n" in said
    assert (
        f"-e\nPIP_EXTRA_INDEX_URL\n-v\n{tmp_path}:/again\n-w\n/again\npython:3.11-slim\nsh\n-c\n"
        in said
    )
    inner = said.split("sh\n-c\n")[1]
    subprocess.run(["sh", "-n", "-c", inner], check=True, timeout=20)
    assert (
        "pip install -r run/requirements.lock &&\n  lm_eval run --config run/config.yaml" in inner
    )


def test_rescored_answers_need_the_scorers_version_too(client):
    result = make(environment={"rescored": {"lm_eval": "0.4.14"}})
    assert "pip install lm-eval==0.4.14" in panel(client, result)
    result = make(environment={"rescored": {"lm_eval": "0.4.13"}})
    assert "pip install lm-eval==" not in panel(client, result)


@pytest.mark.parametrize(
    "python", ["", "3", "3.11", "3.14.0rc1", "3.11.7; rm -rf .", "2.7.1", "3.\u0661.7"]
)
def test_unknown_python_names_no_image(client, python):
    shown = panel(client, make(environment={"python": python}))
    assert "docker" not in shown
    assert "no image can be named" in shown


def test_packages_that_were_not_recorded_are_not_linked(client):
    result = make(environment={"packages": {}})
    assert "requirements.lock<" not in panel(client, result)
    assert "docker" not in panel(client, result)


def test_lock_is_served_as_the_bundle_has_it(client):
    result = make()
    address = f"/api/v1/results/{result.public_id}/requirements.lock"
    assert f'href="{address}"' in panel(client, result)
    assert client.get(address).content == b"lm_eval==0.4.13\ntorch==2.13.0\n"


def test_lock_that_was_not_recorded_is_not_found(client):
    result = factories.make_result(environment={})
    answer = client.get(f"/api/v1/results/{result.public_id}/requirements.lock")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_what_a_rerun_takes_is_said(client):
    result = make()
    Run.objects.filter(submission=result.submission).update(
        busy_seconds=2400.0, needs={"memory": 9 * 10**9}
    )
    said = words(client, result)
    # Two tasks of 240 documents, of which a quick check asks 100 each.
    assert "Quick check 200 items, about 17 min" in said
    assert "Full run 40 min on 8 threads" in said
    assert "Machine A processor" in said
    assert "peak not reported; a worker had to have 8.4 GB" in said


def test_what_nobody_recorded_is_not_reported(client):
    said = words(client, factories.make_result(environment={}, plan={}))
    for name in ("Quick check", "Full run", "Machine"):
        assert f"{name} not reported" in said
    assert "Memory peak not reported Disk" in said


def test_time_of_scoring_again_is_not_that_of_a_run(client):
    old = make()
    result = make(board=old.board, revision=old.revision, rescores=old.submission)
    Run.objects.filter(submission=result.submission).update(busy_seconds=3.0)
    assert "Full run not reported" in words(client, result)


def test_expected_score_has_its_tolerance(client):
    said = words(client, make(value=0.4861))
    assert "expect 48.6 , R1 within ±0.5" in said
    assert "Expect 48.61 , to the last digit" in said
    assert "within ±0.50 if only such ties turned (R1), within ±1.00 if a test" in said


def test_score_without_one_bound_says_so(client):
    said = words(client, factories.make_result(board=factories.make_board(benchmarks=())))
    assert "be told in one number" in said


def test_model_of_a_hub_comes_from_there(client):
    revision = factories.make_revision()
    revision.model.source = "hf"
    revision.model.save()
    said = words(client, make(revision=revision))
    assert "The model comes from its hub" in said
    assert "model.tar" not in said
