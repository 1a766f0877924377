import socket
import time

import pytest
from django.db import OperationalError, connection

from tests.servers import free_port


def test_healthz_answers_without_the_database(client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_readyz_answers_when_database_and_store_do(client):
    for _ in range(2):
        response = client.get("/readyz")
        assert (response.status_code, response.content) == (200, b"ready\n")


@pytest.mark.django_db
def test_readyz_names_what_is_away(client, settings):
    settings.ASSAY_STORE_URL = f"http://127.0.0.1:{free_port()}/"
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"unavailable: store\n")


@pytest.mark.django_db
def test_readyz_does_not_wait_for_a_store_that_says_nothing(client, settings):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.ASSAY_STORE_URL = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        began = time.monotonic()
        assert client.get("/readyz").content == b"unavailable: store\n"
        assert time.monotonic() - began < 8


@pytest.mark.django_db
def test_readyz_names_the_database(client, monkeypatch):
    def away():
        raise OperationalError("away")

    monkeypatch.setattr(connection, "cursor", away)
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"unavailable: database\n")
