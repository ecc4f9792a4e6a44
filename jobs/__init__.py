"""The kernel of background work: Celery delivers messages, and the database row holds the state.

A job is a row of a model that inherits LeasedJob. announce() sends, after the commit, a message with the task's dotted
name and the row's key. A worker claims the row by a conditional UPDATE that writes owner and lease, works outside any
transaction while KeepLease renews the lease, and finishes, puts back or fails the row. The sweeper, which every worker
runs at its start and every SWEEP_SECONDS, goes through the registry: it frees rows whose worker has ended, fails rows
that ended MAX_ATTEMPTS workers, and announces again rows that no worker has claimed. So a lost message or a killed
worker loses no work, a duplicate message does nothing, and no job is retried forever.

There are three abstract models, because not every job is one row and one message: Leased (summaries, claimed in
batches; evidence, claimed document by document), Announced (runs, whose summaries are the work), and LeasedJob, which
is both. Work that consists of missing rows (checks for names of models) registers its own sweep and needs no lease.

Imports nothing of ours but lib: the apps register their jobs in AppConfig.ready.
"""
