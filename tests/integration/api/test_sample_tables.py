"""Tables of samples as downloads."""

import io

import pyarrow.parquet as pq
import pytest
from django.test import Client

from tests import factories
from tests.samples import choice, make_sampled

pytestmark = pytest.mark.django_db


def get(client, result, task="choosing", **headers):
    return client.get(f"/api/v1/results/{result.public_id}/samples/{task}.parquet", headers=headers)


@pytest.fixture
def result():
    return make_sampled({"choosing": [choice(n) for n in range(3)]})


def test_table_is_sent_whole_or_in_part(client: Client, result):
    table = result.sample_tables.get()
    response = get(client, result)
    data = response.getvalue()
    assert response["Content-Type"] == "application/vnd.apache.parquet"
    assert response["ETag"] == f'"{table.sha256}"'
    name = f"assay-{result.public_id}-choosing.parquet"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    assert pq.read_table(io.BytesIO(data)).column("question").to_pylist() == ["What is it?"] * 3
    part = get(client, result, Range="bytes=-8")
    assert (part.status_code, part.getvalue()) == (206, data[-8:])
    assert get(client, result, If_None_Match=response["ETag"]).status_code == 304
    assert get(client, result, Range=f"bytes={len(data)}-").status_code == 416


def test_size_can_be_asked_for_alone(client, result):
    response = client.head(f"/api/v1/results/{result.public_id}/samples/choosing.parquet")
    assert int(response["Content-Length"]) == result.sample_tables.get().size


@pytest.mark.parametrize(
    ("task", "status", "code"),
    [("closed", 403, "task_withheld"), ("bare", 404, "table_not_made"),
     ("nothing", 404, "task_not_found"), ("a%00b", 404, "task_not_found")],
)  # fmt: skip
def test_what_is_not_there_says_why(client, task, status, code):
    tasks = {name: [choice(0)] for name in ("open", "closed", "bare")}
    result = make_sampled(tasks, withheld=["closed"])
    result.sample_tables.filter(task="bare").delete()
    response = get(client, result, task)
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_table_of_a_withheld_task_is_never_sent(client, result):
    result.sample_tables.update(withheld=True)
    assert get(client, result).json()["code"] == "task_withheld"
    listed = client.get(f"/api/v1/results/{result.public_id}/samples").json()["items"]
    assert [item["parquet"] for item in listed] == [None]


def test_lost_table_is_a_problem(client, result):
    result.sample_tables.update(sha256=factories.digest("lost"))
    response = get(client, result)
    assert (response.status_code, response.json()["code"]) == (503, "artefact_missing")


def test_list_names_the_tables_address(client, result):
    (item,) = client.get(f"/api/v1/results/{result.public_id}/samples").json()["items"]
    assert client.get(item["parquet"]).getvalue() == get(client, result).getvalue()
