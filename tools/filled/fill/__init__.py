"""Fill a fresh database with something of everything, through the services and commands of commit 7d23608.

It imports that commit's modules and runs in its tree; the code of today moves on and does not import this:

    cd TREE && PYTHONPATH=HERE DATA_DIR=… SECRET_KEY=… python -m tools.filled.fill MANIFEST

Nothing in it is random and the clock is its own, so that the same code fills the same database again.
"""
