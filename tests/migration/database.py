"""Rows, constraints and triggers of a database, read and attacked without Django: its tables are not those of the tests."""

import re
import sqlite3
from collections import Counter
from contextlib import contextmanager

import psycopg

from tools.filled.restore import SQLITE, engine_of

# Names that Django makes up begin with the table's; those of our own constraints and triggers do not.
MADE_UP = re.compile(r"^(annotations|api|auth|axes|django|jobs|leaderboards|models_runner|sqlite)_")
REFUSED = (sqlite3.IntegrityError, psycopg.errors.IntegrityError)
TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
}
TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
}
INDEXES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    "postgresql": "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'",
}
# On SQLite a constraint has its name in the table's text alone.
CONSTRAINTS = {
    "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'table'",
    "postgresql": "SELECT conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
}
# What defines each thing. A table's columns may stand in another order: those of later migrations come last.
# A column that is not null is said with the column: later versions of PostgreSQL name that, too, after older names.
DEFINITIONS = {
    "sqlite": {
        "tables": "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        "indexes": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        "triggers": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    },
    "postgresql": {
        "tables": "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default, "
        "is_identity, collation_name FROM information_schema.columns WHERE table_schema = 'public'",
        "constraints": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace AND contype <> 'n'",
        "indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "triggers": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
        "functions": "SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    },
}


class Opened:
    """A database outside Django."""

    def __init__(self, url):
        self.engine = engine_of(url)
        if self.engine == SQLITE:
            self.connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
            self.connection.execute("PRAGMA foreign_keys = ON")
        else:
            self.connection = psycopg.connect(url, autocommit=True)

    def ask(self, statement):
        return self.connection.execute(statement).fetchall()

    def change(self, statement):
        """How many rows it changed."""
        return self.connection.execute(statement).rowcount

    def rows(self):
        """By table, its rows as values by column."""
        found = {}
        for (table,) in self.ask(TABLES[self.engine]):
            cursor = self.connection.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description]
            found[table] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return found


@contextmanager
def opened(url):
    database = Opened(url)
    try:
        yield database
    finally:
        database.connection.close()


def own_names(engine, ask):
    """Of constraints, indexes and triggers that somebody named."""
    named = {name for (name,) in [*ask(INDEXES[engine]), *ask(TRIGGERS[engine])]}
    for (text,) in ask(CONSTRAINTS[engine]):
        named |= set(re.findall(r'CONSTRAINT "(\w+)"', text)) if engine == SQLITE else {text}
    return {name for name in named if not MADE_UP.match(name)}


def schema(engine, ask):
    """What two databases of the same code have in common, whatever became of them: every definition."""
    found = {what: {tuple(row) for row in ask(query)} for what, query in DEFINITIONS[engine].items()}
    if engine == SQLITE:
        found["tables"] = {(name, part) for name, text in found["tables"] for part in parts_of(text)}
    else:
        found["constraints"] = {(*name, as_restored(text)) for *name, text in found["constraints"]}
    return found


def as_restored(text):
    """How PostgreSQL says a list of words: with one cast of all where they were written, with casts of each from a dump."""
    each = re.sub(r"\(('[^']*'::character varying)\)::text", r"\1", text)
    return re.sub(r"\(ARRAY\[([^]]*)\]\)::text\[\]", r"ARRAY[\1]", each)


def parts_of(text):
    """The columns and constraints in the text of a table, and what stands before and after them."""
    start, end = text.index("(") + 1, text.rindex(")")
    depth, quoted, parts = 0, False, [""]
    for letter in text[start:end]:
        quoted ^= letter == "'"
        depth += 0 if quoted else {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and not depth and not quoted:
            parts.append("")
        else:
            parts[-1] += letter
    return {text[: start - 1].strip(), text[end + 1 :].strip(), *(part.strip() for part in parts)}


def values_of(row):
    """A row's values without their columns' names, which may change."""
    return Counter(repr(value) for value in row.values() if value not in (None, ""))
