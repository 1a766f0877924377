"""A whole site of a test's own: web, scheduler and workers as processes, and one who visits it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from leaderboard.demo import Visitor
from leaderboard.supervisor import Supervisor, site_programs
from tests.servers import Site, free_port

_SECONDS = 240


@contextmanager
def running(site: Site, *, workers: int) -> Iterator[Visitor]:
    """Start the site's programs and sign somebody in."""
    site.manage("collectstatic", "--noinput", "-v0")
    make_user = "User.objects.create_user('ana', password='only-here')"
    site.manage("shell", "-c", f"from django.contrib.auth.models import User; {make_user}")
    port = free_port()
    programs = site_programs("127.0.0.1", port, workers=workers)
    with Supervisor(programs, var=site.var, say=print, environment=site.environment) as supervisor:
        supervisor.wait_until_ready(f"http://127.0.0.1:{port}/healthz", 60)
        with Visitor(f"http://127.0.0.1:{port}") as visitor:
            visitor.sign_in(username="ana", password="only-here")
            yield visitor


def wait_for(visitor: Visitor, submission: str, state: str) -> dict[str, Any]:
    """Return a submission when it is in this state; an end of another kind fails the test."""
    seen: dict[str, Any] = {}
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        seen = visitor.get(f"submissions/{submission}")
        if seen["state"] in {state, "failed", "published"}:
            break
        time.sleep(0.1)
    assert seen["state"] == state, seen
    return seen
