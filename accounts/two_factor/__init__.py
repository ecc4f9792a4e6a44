"""The second factor of a login: codes of an app, recovery codes, who needs one. Imports accounts' models and audit."""
