"""Background work: broker, workers, models, boards, limits of the API."""

import os

from evalsite.settings.environment import DATA_DIR, URL_PREFIX, env
from evalsite.settings.site import TIME_ZONE

BROKER_DIR = DATA_DIR / "broker"
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="")
EMBEDDED_BROKER = not CELERY_BROKER_URL
if EMBEDDED_BROKER:
    CELERY_BROKER_URL = "embedded://localhost/"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_DIR / "queue"),
        "data_folder_out": str(BROKER_DIR / "queue"),
        "control_folder": str(BROKER_DIR / "control"),
        "processed_folder": str(BROKER_DIR / "taken"),
    }
# Announcing work to a broker that hangs is given up after this time; a sweep announces it later.
PUBLISH_SECONDS = env.float("PUBLISH_SECONDS", default=2.0)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "models_runner.tasks.generate_summaries": {"queue": "generation"},
    "models_runner.tasks.finetune_system": {"queue": "generation"},
    "models_runner.tasks.score_summaries": {"queue": "metrics"},
    "judges.tasks.ask_judge": {"queue": "generation"},
    "annotations.tasks.find_evidence": {"queue": "metrics"},
    "annotations.tasks.check_giveaways": {"queue": "metrics"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
# Nothing here needs remote control. Its queue bears the worker's name and is one worker's alone: on RabbitMQ the second
# of two workers with one name would end. On the file broker broadcasts would only become files.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
# Work that no worker has claimed within this time after its message is announced again.
RESEND_SECONDS = env.int("RESEND_SECONDS", default=60)
# The first wait after a temporary fault; it doubles each time, up to five attempts.
RETRY_SECONDS = env.int("RETRY_SECONDS", default=5)
# After so long with one run, a worker turns to the next that waits and nobody writes; 0: each is written to its end.
RUN_TURN_SECONDS = env.float("RUN_TURN_SECONDS", default=600.0)
SWEEP_SECONDS = env.int("SWEEP_SECONDS", default=30)
# The first wait before a provider is asked how a batch stands; each later one is half as long again, up to 15 minutes.
BATCH_POLL_SECONDS = env.float("BATCH_POLL_SECONDS", default=30.0)


# A claimed summary is freed this long after its worker last renewed the lease.
SUMMARY_LEASE_SECONDS = env.int("SUMMARY_LEASE_SECONDS", default=120)
# A worker that was told to end finishes what it is writing, for this long; then it gives back what it holds.
DRAIN_SECONDS = env.float("DRAIN_SECONDS", default=25.0)
# A worker that has had nothing to do for this long, and holds that much more memory than at its start, starts anew.
# 0 seconds: it keeps what it loaded.
WORKER_IDLE_SECONDS = env.float("WORKER_IDLE_SECONDS", default=600.0)
WORKER_IDLE_BYTES = env.int("WORKER_IDLE_BYTES", default=100_000_000)
GENERATION_THREADS = env.int("GENERATION_THREADS", default=0)  # 0: as many as the machine has cores

# A worker computes a board or quality page of more votes than this, at most once in this many seconds; a smaller one is
# computed in the request.
BOARD_IN_REQUEST_VOTES = env.int("BOARD_IN_REQUEST_VOTES", default=20_000)
BOARD_DEBOUNCE_SECONDS = env.int("BOARD_DEBOUNCE_SECONDS", default=15)
# Answers to a question beyond this number are kept in a file as they were read, so that a board reads only newer ones.
VOTE_CACHE_FROM = env.int("VOTE_CACHE_FROM", default=20_000)
VOTE_CACHE_DIR = DATA_DIR / "votes"

# An assignment without a vote is freed after this time.
ASSIGNMENT_LEASE_SECONDS = env.int("ASSIGNMENT_LEASE_SECONDS", default=45 * 60)

# "minilm" is bundled in the requirements; a hub id such as roberta-large needs its weights on this machine.
BERTSCORE_MODEL = env.str("BERTSCORE_MODEL", default="minilm")
# Models that judge facts: a folder or a hub id each; empty: the metric of that name cannot run. AlignScore's is the
# file of a published checkpoint; its config and tokenizer are those of ALIGNSCORE_BASE (empty: roberta-base or -large).
NLI_MODEL = env.str("NLI_MODEL", default="")
MINICHECK_MODEL = env.str("MINICHECK_MODEL", default="")
ALIGNSCORE_MODEL = env.str("ALIGNSCORE_MODEL", default="")
ALIGNSCORE_BASE = env.str("ALIGNSCORE_BASE", default="")
# The metric claims: short name of the system that it asks (empty: it cannot run), and the most tokens of an answer.
CLAIMS_SYSTEM = env.str("CLAIMS_SYSTEM", default="")
CLAIMS_TOKENS = env.int("CLAIMS_TOKENS", default=1_024)
# Hosts besides this machine to which transcripts may be sent; the rule is in models_runner/adapters/endpoints.py.
ALLOWED_ENDPOINTS = env.list("ALLOWED_ENDPOINTS", default=[])
# By host: how much is sent there, over all workers together; models_runner/runs/asking/limits.py.
ENDPOINT_LIMITS = env.json("ENDPOINT_LIMITS", default={})

# How many requests a token may send per minute, and the largest body of a request and of a file upload.
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=600)
API_BODY_BYTES = env.int("API_BODY_BYTES", default=1_000_000)
API_UPLOAD_BYTES = env.int("API_UPLOAD_BYTES", default=50_000_000)

# How many pages a shared link opens per minute, whoever has it; and whether /public/ lists the studies whose owners put
# them there, for everybody.
SHARED_REQUESTS_PER_MINUTE = env.int("SHARED_REQUESTS_PER_MINUTE", default=120)
PUBLIC_BOARDS = env.bool("PUBLIC_BOARDS", default=False)

# Requests that take long: boards and what stands beside them, exports, files of releases, whose sending holds a thread,
# and the studies' largest pages, here and in the API. How many a web process answers at once (0: half of its threads),
# how many of them for one account's session or token, and how long another one waits before it is refused. Their
# addresses are those below URL_PREFIX.
HEAVY_ADDRESSES = (
    rf"({URL_PREFIX})?/("
    r"boards/[^/]+/(?!status/)|(shared|public)/[^/]+/|documents/\d+/compare/|datasets/[^/]+/judges/\d"
    r"|releases/[^/]+/[^/]+/(zip|files/)|exports/[^/]+/$"
    r"|studies/[^/]+/(quality|disagreements|judges|pairs|annotators|remarks|history|protocol|asking/people|people/work"
    r"|gold/pairs)"
    r"|api/v1/(studies/[^/]+/(boards|votes|marks|releases/[^/]+/zip)|datasets/[^/]+/(export|summaries)))"
)
HEAVY_AT_ONCE = env.int("HEAVY_AT_ONCE", default=0)
HEAVY_AT_ONCE_EACH = env.int("HEAVY_AT_ONCE_EACH", default=1)
HEAVY_WAIT_SECONDS = env.float("HEAVY_WAIT_SECONDS", default=60.0)

HUB_ONLINE = env.bool("HUB_ONLINE", default=False)
# Threads of a model wait for each other by spinning, which makes it several times slower if other processes are busy. A
# short spin costs nothing on an idle machine. The variable is set here because libraries read it when they are loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
if not HUB_ONLINE:
    # Set before any model library is imported, so that none of them waits for a missing network.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
