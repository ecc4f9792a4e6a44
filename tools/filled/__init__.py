"""A database filled by an earlier commit, and what the site showed of it: the safety net of migrations and of moves.

`fill` runs with the code of that commit. `outputs` runs with any code, on a copy of that database, and reaches it
through addresses and management commands alone. `record` makes the files in tests/migration/ with both; README.md says
how. `fill` stays as it is when modules move: it names those of its commit.
"""
