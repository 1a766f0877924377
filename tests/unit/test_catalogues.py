"""The check of translations, on catalogues that are broken in one way each."""

from io import StringIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from django.core.management import CommandError, call_command

from leaderboard.catalogues.checking import forms, ids, problems
from leaderboard.catalogues.extracting import extracted
from leaderboard.catalogues.files import header, messages, parse, path, render, updated

_TEMPLATE = """{% load i18n %}
<p title="{% translate "Queue" %}">
      {% blocktranslate trimmed with n=9 %}
    <b>{{ n }}</b> of
    100%
  {% endblocktranslate %}
{% if a %}{% blocktranslate count n=n %}One run{% plural %}{{ n }} runs{% endblocktranslate %}
{% endif %}</p>
"""
_PYTHON = """
from django.utils.translation import gettext as _
def f():
    return _("up to {attempts} "
             "attempts")
"""
_PLURAL = """msgid "One run"
msgid_plural "%(n)s runs"
"""
_WHOLE = {
    "queue": 'msgid "Queue"\nmsgstr "File"\n',
    "share": 'msgid "<b>%(n)s</b> of 100%%"\nmsgstr "<b>%(n)s</b> sur 100 %%"\n',
    "runs": f'{_PLURAL}msgstr[0] "%(n)s essai"\nmsgstr[1] "%(n)s essais"\n',
    "tries": 'msgid "up to {attempts} attempts"\nmsgstr "au plus {attempts} essais"\n',
}


@pytest.fixture
def sources(tmp_path: Path) -> Catalog:
    """Return the strings of a small project."""
    templates = tmp_path / "leaderboard" / "templates" / "a"
    templates.mkdir(parents=True)
    (templates / "page.html").write_text(_TEMPLATE)
    (tmp_path / "evaluations").mkdir()
    (tmp_path / "evaluations" / "words.py").write_text(_PYTHON)
    return extracted(tmp_path)


def written(locale: str = "fr", **changes: str) -> Catalog:
    """Return a whole French catalogue, or one that differs in something."""
    return parse("\n".join([header(locale), *(_WHOLE | changes).values()]).encode())


def test_strings_of_templates_and_python_are_found(sources: Catalog) -> None:
    found = [(m.id, [place for place, _ in m.locations]) for m in sources if m.id]
    assert found == [
        ("Queue", ["leaderboard/templates/a/page.html"]),
        ("<b>%(n)s</b> of 100%%", ["leaderboard/templates/a/page.html"]),
        (("One run", "%(n)s runs"), ["leaderboard/templates/a/page.html"]),
        ("up to {attempts} attempts", ["evaluations/words.py"]),
    ]


def test_whole_catalogue_has_no_problem(sources: Catalog) -> None:
    assert list(problems(written(), sources, "fr")) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"queue": ""}, 'not in the catalogue (`make messages` adds it): [page.html] "Queue"'),
        ({"queue": 'msgid "Queue"\nmsgstr ""'}, 'not translated: [page.html] "Queue"'),
        ({"queue": 'msgid "Queue"\nmsgstr " "'}, 'is empty: [page.html] "Queue"'),
        ({"queue": "#, fuzzy\n" + _WHOLE["queue"]}, 'marked fuzzy: [page.html] "Queue"'),
        (
            {"tries": 'msgid "up to {attempts} attempts"\nmsgstr "au plus {essais} essais"'},
            "has the placeholders {essais}, expected {attempts}:"
            ' [words.py] "up to {attempts} attempts"',
        ),
        (
            {"share": 'msgid "<b>%(n)s</b> of 100%%"\nmsgstr "<b>n</b> sur 100 %%"'},
            'has the placeholders none, expected %(n)s: [page.html] "<b>%(n)s</b> of 100%%"',
        ),
        (
            {"share": 'msgid "<b>%(n)s</b> of 100%%"\nmsgstr "<i>%(n)s</i> sur 100 %%"'},
            'has the tags </i> <i>, expected </b> <b>: [page.html] "<b>%(n)s</b> of 100%%"',
        ),
        (
            {"share": 'msgid "<b>%(n)s</b> of 100%%"\nmsgstr "<b>%(n)s</b> sur 100%"'},
            'has a per cent sign that should be written %%: [page.html] "<b>%(n)s</b> of 100%%"',
        ),
        (
            {"runs": f'{_PLURAL}msgstr[0] "%(n)s essai"\nmsgstr[1] ""'},
            'msgstr[1] is empty: [page.html] "One run" / "%(n)s runs"',
        ),
        (
            {"runs": f'{_PLURAL}msgstr[0] "Un essai"\nmsgstr[1] "%(n)s essais"'},
            "msgstr[0] has the placeholders none, expected %(n)s:"
            ' [page.html] "One run" / "%(n)s runs"',
        ),
        (
            {"more": 'msgid "Gone"\nmsgstr "Parti"'},
            'no source has it (`make messages` removes it): [?] "Gone"',
        ),
        (
            {"more": '#~ msgid "Gone"\n#~ msgstr "Parti"'},
            'commented out (`make messages` removes it): [?] "Gone"',
        ),
    ],
)
def test_each_fault_is_named(sources: Catalog, changes: dict[str, str], problem: str) -> None:
    assert list(problems(written(**changes), sources, "fr")) == [problem]


def test_form_for_one_number_may_leave_it_out_where_it_is_only_one(sources: Catalog) -> None:
    # In French the first form is for 0 too, in Swahili it is not.
    singular = f'{_PLURAL}msgstr[0] "Jaribio moja"\nmsgstr[1] "Majaribio %(n)s"'
    assert list(problems(written("sw", runs=singular), sources, "sw")) == []


def test_arabic_needs_six_forms(sources: Catalog) -> None:
    forms = "".join(f'msgstr[{n}] "%(n)s"\n' for n in range(5))
    [problem] = problems(written("ar", runs=_PLURAL + forms), sources, "ar")
    assert problem == 'msgstr[5] is empty: [page.html] "One run" / "%(n)s runs"'


def test_wrong_plural_rule_is_named(sources: Catalog) -> None:
    [problem] = problems(written("fr"), sources, "sw")
    assert problem == "the header's Plural-Forms should be: nplurals=2; plural=(n != 1);"


def test_update_keeps_translations_and_drops_what_is_gone(sources: Catalog) -> None:
    old = written(queue='# by hand\nmsgid "Queue"\nmsgstr "File"', more='msgid "Gone"\nmsgstr "P"')
    text = render("fr", updated(old, sources, "fr"))
    assert list(problems(parse(text.encode()), sources, "fr")) == []
    assert "# by hand\n#: leaderboard/templates/a/page.html\nmsgid" in text
    assert "Gone" not in text


def test_update_of_an_updated_catalogue_changes_nothing(sources: Catalog) -> None:
    once = render("ar", updated(parse(header("ar").encode()), sources, "ar"))
    assert render("ar", updated(parse(once.encode()), sources, "ar")) == once
    assert once.count('msgstr[5] ""') == 1


def test_what_is_missing_is_listed_with_numbers(settings, tmp_path: Path) -> None:
    settings.LOCALE_PATHS = [tmp_path]
    out = StringIO()
    call_command("catalogues", "missing", "fr", stdout=out)
    first, second = out.getvalue().splitlines()[:2]
    assert first == '1 [400.html] "Bad request"'
    assert second == '2 [400.html] "This request makes no sense to the site"'


def test_check_fails_and_says_for_which_language(settings, tmp_path: Path) -> None:
    settings.LOCALE_PATHS = [tmp_path]
    err = StringIO()
    with pytest.raises(CommandError, match=r"These catalogues are not whole: fr, sw\."):
        call_command("catalogues", "check", "fr", "sw", stderr=err)
    assert 'fr: not in the catalogue (`make messages` adds it): [400.html] "Bad request"' in (
        err.getvalue()
    )
    assert "`make untranslated LOCALE=sw` lists" in err.getvalue()


def test_unknown_locale_is_refused() -> None:
    with pytest.raises(CommandError, match=r"No such locale: xx\."):
        call_command("catalogues", "check", "xx")


def test_text_that_is_no_catalogue_is_refused(settings, tmp_path: Path) -> None:
    settings.LOCALE_PATHS = [tmp_path]
    folder = tmp_path / "fr" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text("Queue = File")
    with pytest.raises(CommandError, match=r"django\.po is no catalogue"):
        call_command("catalogues", "check", "fr")


@pytest.mark.parametrize("locale", ["ar", "es", "fr", "pt_BR", "sw"])
def test_compiled_catalogue_says_what_its_source_says(locale: str) -> None:
    source, compiled = path(locale), path(locale).with_suffix(".mo")
    assert compiled.exists(), "`make test` compiles the catalogues; by hand: pybabel compile"
    with compiled.open("rb") as file:
        said = {ids(message): forms(message) for message in messages(read_mo(file))}
    whole = [message for message in messages(parse(source.read_bytes())) if all(forms(message))]
    assert {ids(m): said.get(ids(m)) for m in whole} == {ids(m): forms(m) for m in whole}
