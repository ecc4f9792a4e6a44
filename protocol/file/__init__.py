"""The text of a protocol: reading it strictly, its schema, and writing it in its one canonical form; knows no rows."""
