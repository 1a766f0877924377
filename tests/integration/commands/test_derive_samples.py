"""`manage.py derive_samples`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from evaluations.models import SampleTable
from tests import factories
from tests.samples import choice, make_sampled

pytestmark = pytest.mark.django_db


def derive(*names: str, **options: bool) -> str:
    out = StringIO()
    call_command("derive_samples", *names, stdout=out, stderr=out, **options)
    return out.getvalue()


def test_every_result_gets_the_tables_that_it_lacks() -> None:
    first = make_sampled({"one": [choice(0)], "two": [choice(0), choice(1)]}, tables=False)
    second = make_sampled({"one": [choice(0)]})
    assert (
        derive() == f"{first.public_id}: 2 tables, 3 rows\n{second.public_id}: 0 tables, 0 rows\n"
    )
    assert SampleTable.objects.count() == 3
    assert derive(second.public_id, again=True) == f"{second.public_id}: 1 tables, 1 rows\n"


def test_result_that_cannot_be_read_stops_no_other() -> None:
    lost = factories.make_result(bundle_sha256=factories.digest("lost"))
    other = make_sampled({"one": [choice(0)]}, tables=False)
    with pytest.raises(CommandError, match=f"No tables were made for {lost.public_id}"):
        derive()
    assert other.sample_tables.count() == 1


def test_unknown_result_is_named() -> None:
    with pytest.raises(CommandError, match="No tables were made for nothing"):
        derive("nothing")
