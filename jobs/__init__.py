"""Background work, the one kernel of it: Celery delivers messages, the database row is the truth.

A job is a row of a model that inherits LeasedJob. announce() says, after the commit, that it waits: a message with the
task's dotted name and the row's key. A worker claims the row by a conditional UPDATE that writes owner and lease, works
outside any transaction while KeepLease renews, and finishes, puts back or fails the row. The sweeper, which every
worker runs at its start and every SWEEP_SECONDS, walks the registry: it frees rows whose worker has ended, fails those
that ended MAX_ATTEMPTS workers, and announces again what nobody took up. So a lost message and a killed worker lose
nothing, a message that comes twice does nothing, and no job is handed out for ever.

Three abstract models, as not everything is one row and one message: Leased (summaries, claimed in batches; evidence,
claimed document by document), Announced (runs, whose summaries are the work), and LeasedJob, which is both. Work that
is merely missing rows (checks for names of models) registers a sweep of its own and needs no lease.

Imports nothing of ours but lib: the apps register their jobs in AppConfig.ready.
"""
