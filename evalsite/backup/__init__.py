"""Everything a site has in one file, and back: rows of all tables, the secret key, and the files that rows name."""
