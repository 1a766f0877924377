"""A mirror: the site as static files, served by a program that knows nothing of it."""

import threading
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from django.core.management import CommandError, call_command
from django.urls import set_script_prefix

from evaluations.services.withdrawal import withdraw
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    return tmp_path_factory.mktemp("collected")


@pytest.fixture(autouse=True)
def _own_settings(settings, collected):
    """Let the command change settings as it may in a process of its own."""
    settings.STATIC_ROOT, settings.STATIC_URL = collected, "/static/"
    settings.ALLOWED_HOSTS = list(settings.ALLOWED_HOSTS)
    settings.FORCE_SCRIPT_NAME = None
    yield
    set_script_prefix("/")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """Serve an empty folder; return it with its address."""
    folder = tmp_path / "mirror"
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        wanted = {"a": "href", "link": "href", "script": "src"}.get(tag)
        self.found += [value or "" for name, value in attrs if name == wanted]


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_mirror_shows_boards_results_and_files_without_the_site(served):
    board = factories.make_board("demo")
    result = factories.make_result(board=board, bundle=b"the bundle")
    folder, address = served
    call_command("export_site", folder, url=address, verbosity=0)
    board_page = httpx.get(f"{address}/boards/demo/")
    assert result.revision.model.name in board_page.text
    assert "This is a mirror" in board_page.text
    assert 'role="search"' not in board_page.text
    assert httpx.get(f"{address}/results/{result.public_id}/").status_code == 200
    assert httpx.get(f"{address}/boards/demo.json").json()["standings"][0]["rank"] == 1
    bundle = httpx.get(f"{address}/api/v1/results/{result.public_id}/bundle.tar")
    assert bundle.content == b"the bundle"


def test_mirrored_pages_are_styled_and_link_to_each_other(served):
    factories.make_result(board=factories.make_board("demo"))
    folder, address = served
    call_command("export_site", folder, url=address, verbosity=0)
    page = httpx.get(f"{address}/boards/demo/")
    links = Links()
    links.feed(page.text)
    wanted = {urljoin(str(page.url), link).partition("#")[0] for link in links.found}
    inside = [
        url for url in wanted if url.startswith(address) and not urlsplit(url).query
        and not any(part in url for part in ("/submit/", "/accounts/", "openapi", "/checkpoint"))
    ]  # fmt: skip
    assert any(url.endswith(".css") for url in inside)
    missing = [url for url in inside if httpx.get(url, follow_redirects=True).status_code != 200]
    assert missing == []


def test_second_run_adds_only_what_is_new(served):
    board = factories.make_board("demo")
    first = factories.make_result(board=board)
    folder, address = served
    call_command("export_site", folder, url=address, verbosity=0)
    before = files(folder)
    call_command("export_site", folder, url=address, verbosity=0)
    assert files(folder) == before
    second = factories.make_result(board=board)
    call_command("export_site", folder, url=address, verbosity=0)
    after = files(folder)
    kept = f"api/v1/results/{first.public_id}/bundle.tar"
    assert after[kept] == before[kept]
    assert f"results/{second.public_id}/index.html" in after
    assert second.revision.model.name.encode() in after["boards/demo/index.html"]
    assert not [name for name in after if "draft" in name]


def test_withdrawn_result_keeps_its_mirrored_page_with_the_notice(served):
    result = factories.make_result(board=factories.make_board("demo"))
    folder, address = served
    call_command("export_site", folder, url=address, verbosity=0)
    withdraw(submission=result.submission, by="someone")
    call_command("export_site", folder, url=address, verbosity=0)
    page = (folder / "results" / result.public_id / "index.html").read_text()
    assert "ithdrawn" in page


def test_mirror_below_a_path_links_below_it(tmp_path, settings):
    settings.STATIC_URL = "/assay/static/"
    factories.make_result(board=factories.make_board("demo"))
    call_command("export_site", tmp_path / "m", url="https://mirror.example/assay", verbosity=0)
    home = (tmp_path / "m" / "index.html").read_text()
    assert 'href="/assay/boards/demo/"' in home
    assert 'href="/assay/static/' in home


def test_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(CommandError, match="files that are no mirror"):
        call_command("export_site", tmp_path, url="http://mirror.example", verbosity=0)
    assert {path.name for path in tmp_path.iterdir()} - {"artifacts"} == {"mine.txt"}


def test_mirror_under_another_address_is_left_alone(tmp_path):
    factories.make_board("demo")
    folder = tmp_path / "mirror"
    call_command("export_site", folder, url="http://mirror.example", verbosity=0)
    with pytest.raises(CommandError, match=r"holds the mirror for http://mirror\.example"):
        call_command("export_site", folder, url="http://other.example", verbosity=0)


@pytest.mark.parametrize("url", ["mirror.example", "ftp://mirror.example", "http://", "http://a?b"])
def test_bad_address_is_refused(tmp_path, url):
    with pytest.raises(CommandError, match="is no address"):
        call_command("export_site", tmp_path / "m", url=url, verbosity=0)


def test_lost_bundle_is_told_and_the_rest_is_there(served, capsys, tmp_path):
    board = factories.make_board("demo")
    lost, there = (factories.make_result(board=board, bundle=b"%d" % n) for n in range(2))
    [kept] = (tmp_path / "artifacts").rglob(lost.bundle_sha256)
    kept.unlink()
    folder, address = served
    with pytest.raises(CommandError, match="1 addresses are not in the mirror"):
        call_command("export_site", folder, url=address, verbosity=0)
    assert f"/api/v1/results/{lost.public_id}/bundle.tar" in capsys.readouterr().err
    assert (folder / "results" / there.public_id / "index.html").exists()
