import io
import re

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError

pytestmark = pytest.mark.django_db


def create(*arguments):
    out = io.StringIO()
    call_command("create_user", *arguments, stdout=out)
    return out.getvalue()


def test_password_is_printed_once_and_opens_the_account():
    (password,) = re.findall(r"password (\S+)", create("ana"))
    assert authenticate(username="ana", password=password) == User.objects.get()
    assert not User.objects.get().is_staff


def test_token_is_printed_instead_of_a_password(client):
    (token,) = re.findall(r"token (\S+)", create("ci", "--token"))
    me = client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).json()
    assert (me["username"], me["token"]["scopes"]) == ("ci", ["read", "submit"])
    assert not User.objects.get().has_usable_password()


def test_staff_may_moderate():
    create("root", "--staff")
    assert (User.objects.get().is_staff, User.objects.get().is_superuser) == (True, True)


@pytest.mark.parametrize("name", ["ana", "a b", "", "x" * 151])
def test_bad_name_is_refused(name):
    create("ana")
    with pytest.raises(CommandError):
        create(name)
    assert User.objects.count() == 1
