"""Rows, constraints and triggers of a database, read and attacked without Django: its tables are not those of the tests."""

import re
import sqlite3
from collections import Counter
from contextlib import contextmanager

import psycopg

from tools.filled.restore import SQLITE, engine_of

# Names that Django makes up begin with the table's; those of our own constraints and triggers do not.
MADE_UP = re.compile(r"^(accounts|annotations|api|auth|axes|django|jobs|leaderboards|models_runner|sqlite)_")
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
COLUMNS = {
    "sqlite": 'SELECT m.name, c.name, c.type, c."notnull" FROM sqlite_master m, pragma_table_info(m.name) c '
    "WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'",
    "postgresql": "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns "
    "WHERE table_schema = 'public'",
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
    """What two databases of the same code have in common, whatever became of them: columns, and every name."""
    return {
        "columns": {tuple(row) for row in ask(COLUMNS[engine])},
        "indexes": {name for (name,) in ask(INDEXES[engine])},
        "triggers": {name for (name,) in ask(TRIGGERS[engine])},
        "named": own_names(engine, ask),
    }


def values_of(row):
    """A row's values without their columns' names, which may change."""
    return Counter(repr(value) for value in row.values() if value not in (None, ""))
