"""What the settings of a study can be: the values that are stored, and their names on pages."""

from django.db import models


class Wanted(models.TextChoices):
    OFF = "off", "Not asked"
    OPTIONAL = "optional", "Optional"
    REQUIRED = "required", "Required"


class AskMarks(models.TextChoices):
    """Whether annotators point at errors in the summaries of a pair (app marks)."""

    OFF = "off", "Not asked"
    OPTIONAL = "optional", "Optional"
    REQUIRED = "required", "Required when a side loses"


class WhichDocuments(models.TextChoices):
    ALL = "all", "All documents of the dataset"
    SAMPLE = "sample", "A random sample"
    CHOSEN = "chosen", "Chosen ones"


class WhichPairs(models.TextChoices):
    ALL = "all", "Every pair of systems"
    ANCHOR = "anchor", "One system against each other one"
    SAMPLE = "sample", "Some pairs of each document, drawn at random"


class SummaryFormat(models.TextChoices):
    """How annotators see the summaries, which are stored as their systems wrote them."""

    RENDERED = "rendered", "Rendered Markdown"
    PLAIN = "plain", "Plain text without markup"
    WRITTEN = "written", "As written"


class KeyOrder(models.TextChoices):
    """What the keys 1 to 4 mean on the rating page. Votes store the answer, never the key."""

    BUTTONS = "buttons", "In the order of the buttons: left, equally good, right, both bad"
    EARLIER = "earlier", "As before: left, right, equally good, both bad"


class Sampling(models.TextChoices):
    EVEN = "even", "All pairs of systems alike"
    QUESTION = "question", "The two systems in question first"
    ADAPTIVE = "adaptive", "Pairs of systems that are least certain first (adaptive)"
    DIRECTED = "directed", "Documents and pairs on which judges and metrics are unsure or disagree (directed)"


class LookSpending(models.TextChoices):
    """How the chance of a wrong claim is spread over planned looks (stats.decisions.looks)."""

    OBRIEN_FLEMING = "obrien-fleming", "Hardly anything early (O'Brien–Fleming)"
    POCOCK = "pocock", "About the same at every look (Pocock)"
