"""Triggers that keep what is published from being changed or removed, on SQLite and PostgreSQL.

A migration turns them on. SQLite drops a table's triggers when a later migration makes the table
anew, so such a migration turns them off before and on after; a test says when that was forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Vendor = Literal["sqlite", "postgresql"]


class SchemaEditor(Protocol):
    """As much of Django's schema editor as is needed here; a migration gets the whole."""

    @property
    def connection(self) -> object:
        """The database at work; its `vendor` chooses the words."""

    def execute(self, sql: str, params: None = None) -> None:
        """Execute one statement as it stands."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that can't be done to a table's rows.

    Attributes:
        name: of the trigger.
        event: what is looked at.
        message: what who tries it is told; holds no quotation marks.
        pinned: columns that can't change; empty for a deletion.
        condition: refuse only rows for which this holds, in SQL that both databases know.
        vendors: likewise, in each one's own words.
    """

    name: str
    table: str
    event: Literal["UPDATE", "DELETE"]
    message: str
    pinned: Sequence[str] = ()
    condition: str = ""
    vendors: tuple[str, str] = ("", "")

    def when(self, vendor: Vendor) -> str:
        """Return the condition under which a row is refused."""
        differs = "IS NOT" if vendor == "sqlite" else "IS DISTINCT FROM"
        changed = " OR ".join(f'OLD."{name}" {differs} NEW."{name}"' for name in self.pinned)
        own = self.vendors[0] if vendor == "sqlite" else self.vendors[1]
        return " AND ".join(f"({part})" for part in (changed, self.condition, own) if part)


def turn_on(rules: Sequence[Rule], editor: SchemaEditor) -> None:
    """Make the triggers, which must not be there yet."""
    for rule in rules:
        for statement in _made(rule, _vendor(editor)):
            editor.execute(statement, params=None)


def turn_off(rules: Sequence[Rule], editor: SchemaEditor) -> None:
    """Remove the triggers, as far as they are there."""
    for rule in rules:
        for statement in _removed(rule, _vendor(editor)):
            editor.execute(statement, params=None)


def _vendor(editor: SchemaEditor) -> Vendor:
    vendor: Vendor = editor.connection.vendor  # type: ignore[attr-defined]
    return vendor


def _made(rule: Rule, vendor: Vendor) -> list[str]:
    when = rule.when(vendor) or "TRUE"
    begin = f"CREATE TRIGGER {rule.name} BEFORE {rule.event} ON {rule.table} FOR EACH ROW"
    if vendor == "sqlite":
        return [f"{begin} WHEN {when} BEGIN SELECT RAISE(ABORT, '{rule.message}'); END"]
    row = "OLD" if rule.event == "DELETE" else "NEW"
    body = (
        f"BEGIN IF {when} THEN RAISE EXCEPTION '{rule.message}' "
        f"USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN {row}; END"
    )
    return [
        f"CREATE FUNCTION {rule.name}() RETURNS trigger LANGUAGE plpgsql AS $assay${body}$assay$",
        f"{begin} EXECUTE FUNCTION {rule.name}()",
    ]


def _removed(rule: Rule, vendor: Vendor) -> list[str]:
    if vendor == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {rule.name}"]
    return [f"DROP FUNCTION IF EXISTS {rule.name}() CASCADE"]
