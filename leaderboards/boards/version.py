"""The version of the computation. Raise it when the same votes and scores may give other numbers or fields.

Snapshots of another version are then computed again.
"""

CODE_VERSION = "0.13.0"
