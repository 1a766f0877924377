"""The demo's visitor: does over HTTP what a person does in a browser, and shows what happens."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Self

import httpx
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from evaluations.errors import AssayError
from leaderboard.cli.scores import ranks

_POLL_SECONDS = 0.5
_FINAL = {"published", "failed", "cancelled"}


class DemoError(AssayError):
    """The site did not do what the demo asked of it."""

    def __init__(self, detail: str) -> None:
        super().__init__("demo_failed", detail)


class _HiddenFields(HTMLParser):
    """Collects a page's hidden inputs, which a browser would send along."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the name and value of a hidden input."""
        given = dict(attrs)
        if tag == "input" and given.get("type") == "hidden":
            self.fields[given.get("name") or ""] = given.get("value") or ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `assay verify` said of a result."""

    exit_code: int
    checks: list[dict[str, Any]]

    @property
    def accepted(self) -> bool:
        """Whether every check passed or didn't apply."""
        return self.exit_code == 0

    def __str__(self) -> str:
        return "verified" if self.accepted else "FAILED"


class Visitor:
    """A signed-in person at a site."""

    def __init__(self, site: str) -> None:
        """Visit a site, such as `http://127.0.0.1:8000`."""
        self.site = site
        self._http = httpx.Client(
            base_url=site, follow_redirects=False, timeout=30, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def sign_in(self, *, username: str, password: str) -> None:
        """Sign in by the form.

        Raises:
            DemoError: if the site doesn't let this person in.
        """
        answer = self._post("/accounts/login/", {"username": username, "password": password})
        if answer.status_code != httpx.codes.FOUND:
            raise DemoError(f"{username} could not sign in.")

    def submit(self, *, model: str, board: str) -> str:
        """Submit a model by the form and return the submission's id.

        Raises:
            DemoError: if the form was refused.
        """
        answer = self._post(
            "/submit/",
            {
                "model": model,
                "board": board,
                "precision": "float32",
                "chat_template": "no",
                "intended_use": "Shows how Assay works.",
            },
        )
        found = re.search(r"/submissions/(\w+)/", answer.headers.get("location", ""))
        if found is None:
            found = re.search(r'href="[^"]*/submissions/(\w+)/"', answer.text)
        if found is None:
            raise DemoError(f"The form refused {model} (HTTP {answer.status_code}).")
        return found[1]

    def cancel(self, submission: str) -> None:
        """Cancel a submission by the button on its page.

        Raises:
            DemoError: if the site refuses.
        """
        page = f"/submissions/{submission}/"
        answer = self._post(f"{page}cancel/", {}, page=page)
        if answer.status_code != httpx.codes.SEE_OTHER:
            raise DemoError(f"{submission} could not be cancelled (HTTP {answer.status_code}).")

    def get(self, path: str) -> Any:
        """Return what the API answers."""
        answer = self._http.get(f"/api/v1/{path}")
        answer.raise_for_status()
        return answer.json()

    def _post(self, path: str, fields: dict[str, str], *, page: str = "") -> httpx.Response:
        """Send a form, which stands on a page of another address if one is given."""
        shown = self._http.get(page or path)
        shown.raise_for_status()
        hidden = _HiddenFields()
        hidden.feed(shown.text)
        return self._http.post(
            path, data=hidden.fields | fields, headers={"Referer": f"{self.site}{path}"}
        )


def follow(visitor: Visitor, submissions: Sequence[str], console: Console) -> list[str]:
    """Show the submissions' progress until all have ended; return the ids of those that failed."""
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[stage]:<11}"),
        TextColumn("{task.fields[items]:>9}"),
        TextColumn("{task.fields[left]:>10}"),
        TimeElapsedColumn(),
        console=console,
    )
    failed = []
    with progress:
        lines = {
            one: progress.add_task(one, total=1, stage="queued", items="", left="")
            for one in submissions
        }
        for one, state in _states(visitor, submissions):
            _show(progress, lines[one], state)
            if state["state"] in {"failed", "cancelled"}:
                failed.append(one)
                progress.console.print(f"{one}: {state['failure']}")
    return failed


def _states(visitor: Visitor, submissions: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each submission's state as it changes, until all are final."""
    unfinished = list(submissions)
    while unfinished:
        for one in list(unfinished):
            state = visitor.get(f"submissions/{one}")
            yield one, state
            if state["state"] in _FINAL:
                unfinished.remove(one)
        time.sleep(_POLL_SECONDS)


def _show(progress: Progress, line: TaskID, state: dict[str, Any]) -> None:
    done, total = state["progress"]["answered"], state["progress"]["documents"]
    left = state["progress"]["seconds_left"]
    stage = state["state"]
    if state["position"]:
        stage = f"queued, {state['position']}"
    progress.update(
        line,
        description=f"{state['model']:<14}",
        completed=done,
        total=total or 1,
        stage=stage,
        items=f"{done}/{total}" if total else "",
        left=f"{left} s left" if left is not None else "",
    )


class Stranger:
    """Somebody who believes nothing: uses the command line, as any stranger would.

    What a person's command line remembers, keys and checkpoints, is kept in a folder of the demo's.
    """

    def __init__(self, config: Path) -> None:
        """Take the folder in which the command line keeps what it remembers."""
        self._config = config

    def verify(self, result_url: str) -> Verdict:
        """Check a published result: `assay verify URL`."""
        done = self._assay("verify", result_url)
        return Verdict(done.returncode, _answer("verify", done)["checks"])

    def reproduce(self, result_url: str, *, site: str, token: str) -> str:
        """Run a published result again, send in what came of it, and return the verdict."""
        done = self._assay(
            *("reproduce", result_url, "--submit", "--out", str(self._config / "replication.tar")),
            ASSAY_SITE=site,
            ASSAY_TOKEN=token,
        )
        return str(_answer("reproduce", done)["verdict"])

    def _assay(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "leaderboard.cli", *words, "--json"]
        # The site is this machine; a proxy of the environment would not find it.
        own = {"NO_PROXY": "*", "no_proxy": "*", "XDG_CONFIG_HOME": str(self._config)}
        environment = os.environ | own | settings
        return subprocess.run(
            command, capture_output=True, text=True, check=False,
            env=environment,
        )  # fmt: skip


def _answer(command: str, done: subprocess.CompletedProcess[str]) -> Any:
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        answer = {"error": {"detail": done.stderr.strip() or done.stdout}}
    if "error" in answer:
        raise DemoError(f"assay {command} said: {answer['error']['detail']}")
    return answer


def standings_table(
    site: str, board: str, standings: dict[str, Any], verdicts: dict[str, Verdict]
) -> Table:
    """Return the board: range of ranks, model, scores with their 95 % interval, verified or not."""
    rows = standings["standings"]
    names = list(rows[0]["benchmarks"]) if rows else []
    table = Table(
        title=f"{standings['suite']}: per cent ± half of the 95 % interval", box=SIMPLE_HEAD
    )
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("model", no_wrap=True)
    for name in ["score", *names]:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verified", no_wrap=True)
    for row in rows:
        cells = [row["benchmarks"][name] for name in names]
        table.add_row(
            ranks(row["rank"], row["rank_first"], row["rank_last"]),
            row["model"],
            percent(row["score"], row["stderr"]),
            *(percent(cell["value"], cell["stderr"]) for cell in cells),
            str(verdicts[row["result"]]),
        )
    table.caption = f"verified: all twelve checks of assay verify\n{site}/boards/{board}/"
    return table


def percent(value: float, stderr: float | None) -> str:
    """Return a score on a scale of 0 to 1 in per cent, with half of its 95 % interval."""
    half = "" if stderr is None else f" ±{196 * stderr:.1f}"
    return f"{100 * value:.1f}{half}"
