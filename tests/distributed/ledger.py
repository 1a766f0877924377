"""What the database says of a site's work, read past Django: claims, progress, and every write."""

import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

#: Keeps each change of a unit, with the process that made it. Connections bear its id.
_AUDIT: LiteralString = """
CREATE TABLE audit (
    at timestamptz DEFAULT clock_timestamp(), writer text, unit text, holder text,
    live boolean, token int, old_token int, worker text, state text, old_state text, same boolean
);
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO audit SELECT clock_timestamp(), current_setting('application_name'),
        NEW.run_id || ' ' || NEW.task || '[' || NEW.first || ']', OLD.worker,
        OLD.lease_until IS NOT NULL AND OLD.lease_until >= clock_timestamp(), NEW.token, OLD.token,
        NEW.worker, NEW.state, OLD.state,
        NEW.answers_sha256 = OLD.answers_sha256 AND NEW.state = OLD.state;
    RETURN NEW;
END $$;
CREATE TRIGGER keep BEFORE UPDATE ON evaluations_unit FOR EACH ROW EXECUTE FUNCTION keep();
"""
#: A submission's life. Before and after `running` one worker has a run to itself.
STAGES = (
    *("queued", "fetching", "planning", "smoke", "running"),
    *("scoring", "publishing", "published"),
)
#: Cuts units smaller than the site does, and leaves them in an order that is not the documents'.
_CUT: LiteralString = """
CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE rest evaluations_unit := NEW; size int := TG_ARGV[0]; BEGIN
    IF NEW.count > size THEN
        rest.id := nextval(pg_get_serial_sequence('evaluations_unit', 'id'));
        rest.first := NEW.first + size;
        rest.count := NEW.count - size;
        NEW.count := size;
        INSERT INTO evaluations_unit SELECT rest.*;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER cut BEFORE INSERT ON evaluations_unit FOR EACH ROW EXECUTE FUNCTION cut({});
"""
_CLAIMS: LiteralString = """
SELECT 'unit' AS kind, u.id, u.run_id AS run, u.worker, u.token,
       u.task || '[' || u.first || ':' || u.first + u.count || ']' AS what
  FROM evaluations_unit u WHERE u.state = 'claimed' AND u.lease_until > now()
UNION ALL
SELECT 'run', r.id, r.id, r.worker, r.token, s.state
  FROM evaluations_run r JOIN evaluations_submission s ON s.id = r.submission_id
 WHERE r.lease_until > now() ORDER BY 1 DESC, 2
"""
_PROGRESS: LiteralString = """
SELECT r.id, s.state, (SELECT count(*) FROM evaluations_unit u
                        WHERE u.run_id = r.id AND u.state = 'finished') AS finished,
       s.failure_code || ' ' || s.failure_detail AS failure
  FROM evaluations_run r JOIN evaluations_submission s ON s.id = r.submission_id ORDER BY r.id
"""
_OUTCOMES: LiteralString = """
SELECT b.slug AS board, m.name AS model, s.state, s.failure_code, r.id AS run, r.plan_sha256,
       array(SELECT e.state FROM evaluations_submissionevent e
              WHERE e.submission_id = s.id AND e.note = '' ORDER BY e.id)::text[] AS events,
       array(SELECT p.bundle_sha256 FROM evaluations_result p
              WHERE p.submission_id = s.id)::text[] AS bundles
  FROM evaluations_submission s JOIN evaluations_run r ON r.submission_id = s.id
  JOIN evaluations_board b ON b.id = s.board_id JOIN evaluations_revision v ON v.id = s.revision_id
  JOIN evaluations_languagemodel m ON m.id = v.model_id ORDER BY s.id
"""


@dataclass(frozen=True)
class Claim:
    """A row that a worker holds just now.

    Attributes:
        kind: `unit`, or `run` in a stage that is taken alone.
        what: the unit, or the stage.
    """

    kind: str
    id: int
    run: int
    worker: str
    token: int
    what: str

    @property
    def pid(self) -> int:
        """The worker's process, which its name tells in its part before the last."""
        return int(self.worker.split("-")[-2])

    def __str__(self) -> str:
        return f"run {self.run} {self.what}"


@dataclass(frozen=True)
class Outcome:
    """What became of one submission, with all bytes that must not depend on the way there.

    Attributes:
        answers: recorded answers by task, in the order of documents.
        results: the files below `results/` in the bundle.
    """

    board: str
    model: str
    state: str
    failure_code: str
    events: list[str]
    plan_sha256: str
    answers: dict[str, bytes]
    results: dict[str, bytes]


class Ledger:
    """A site's database and store, read from outside."""

    def __init__(self, url: str, store: Path) -> None:
        """Take the database's URL and the folder of the artefacts."""
        self._url, self._store = url, store

    def rows(self, statement: LiteralString, *values: object) -> list[dict[str, Any]]:
        """Return what a query finds, on a connection of its own: servers come and go."""
        with psycopg.connect(self._url, row_factory=dict_row) as connection:
            return connection.execute(statement, values).fetchall()

    def watch(self) -> None:
        """Keep every change of a unit from now on, for `trespasses`."""
        with psycopg.connect(self._url) as connection:
            connection.execute(_AUDIT)

    def cut_units(self, size: int) -> None:
        """Have no unit hold more documents than this."""
        with psycopg.connect(self._url) as connection:
            connection.execute(sql.SQL(_CUT).format(sql.Literal(str(size))))

    def claims(self) -> list[Claim]:
        """Return all claims that are held, of units first."""
        return [Claim(**row) for row in self.rows(_CLAIMS)]

    def token(self, claim: Claim) -> int:
        """Return a row's present token."""
        return int(self._row(claim)["token"])

    def is_done(self, claim: Claim) -> bool:
        """Whether what was claimed has been done, by whomever."""
        if claim.kind == "unit":
            return bool(self._row(claim)["state"] == "finished")
        state, _ = self.progress()[claim.run]
        end = "running" if claim.what in STAGES[: STAGES.index("running")] else STAGES[-1]
        return STAGES.index(state) >= STAGES.index(end)

    def _row(self, claim: Claim) -> dict[str, Any]:
        if claim.kind == "unit":
            return self.rows("SELECT * FROM evaluations_unit WHERE id = %s", claim.id)[0]
        return self.rows("SELECT * FROM evaluations_run WHERE id = %s", claim.id)[0]

    def progress(self) -> dict[int, tuple[str, int]]:
        """Return each run's state and how many of its units are finished.

        Raises:
            AssertionError: if one has failed, which no fault of ours may bring about.
        """
        rows = self.rows(_PROGRESS)
        failed = [f"run {row['id']}: {row['failure']}" for row in rows if row["state"] == "failed"]
        assert not failed, failed
        return {row["id"]: (row["state"], row["finished"]) for row in rows}

    def trespasses(self) -> list[dict[str, Any]]:
        """Return the writes to units that no worker may make.

        Those are: to a claim that another process holds, an end of a unit that another holds, and
        any change of a finished unit. To be called after `watch` and the campaign.
        """
        return self.rows("""
            SELECT * FROM audit WHERE old_state = 'finished' AND NOT same
                OR holder NOT LIKE '%%-' || writer || '-%%'
                AND (live OR state = 'finished' AND old_state <> 'finished') ORDER BY at
        """)

    def outcomes(self) -> Iterator[Outcome]:
        """Yield what became of each submission."""
        for row in self.rows(_OUTCOMES):
            run, bundles = row.pop("run"), row.pop("bundles")
            assert len(bundles) == (row["state"] == "published"), bundles
            results = self._results(bundles[0]) if bundles else {}
            yield Outcome(**row, answers=self._answers(run), results=results)

    def _answers(self, run: int) -> dict[str, bytes]:
        answers: dict[str, bytes] = {}
        units = "SELECT * FROM evaluations_unit WHERE run_id = %s ORDER BY task, first"
        for unit in self.rows(units, run):
            recorded = self._path(unit["answers_sha256"]).read_bytes()
            answers[unit["task"]] = answers.get(unit["task"], b"") + recorded
        return answers

    def _results(self, bundle: str) -> dict[str, bytes]:
        with tarfile.open(self._path(bundle)) as archive:
            members = [member for member in archive if member.name.startswith("results/")]
            files = {member.name: archive.extractfile(member) for member in members}
            return {name: file.read() for name, file in files.items() if file is not None}

    def _path(self, digest: str) -> Path:
        return self._store / "sha256" / digest[:2] / digest


def doubled(answers: bytes) -> list[tuple[int, int, int]]:
    """Return the answers that were recorded more than once."""
    keys = [
        (answer["doc_id"], answer["idx"], answer["repeat"])
        for answer in map(json.loads, answers.splitlines())
    ]
    return sorted({key for key in keys if keys.count(key) > 1})
