"""Tables: delimited text, workbooks, Parquet and Arrow."""
