"""What of a study is shown to people without an account: by links that are given to somebody, or to everybody."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from annotations.models import Study

# Pages that can be shown, by the name of their field and of their address. docs/report.md lists them.
PAGES = {
    "report": "Decision report",
    "board": "Leaderboard",
    "wins": "Win rates of every pair",
    "trust": "Trust",
}


class ShownPages(models.Model):
    """What is shown, and who decided it.

    Attributes:
        insisted: Why it is shown although rating goes on, in the words of who decided it; "" if it is not.
    """

    report = models.BooleanField(PAGES["report"], default=True)
    board = models.BooleanField(PAGES["board"], default=True)
    wins = models.BooleanField(PAGES["wins"], default=False)
    trust = models.BooleanField(PAGES["trust"], default=False)
    texts = models.BooleanField(
        "Summaries in the report",
        default=False,
        help_text="The three typical pairs with the texts of their summaries. Without, their votes alone are shown.",
    )
    comments = models.BooleanField(
        "What annotators wrote",
        default=False,
        help_text="Their comments on the typical pairs, without a name. Read them first: people may have written "
        "something about themselves or others.",
    )
    insisted = models.CharField(max_length=300, blank=True)
    made_by = models.CharField(max_length=200, help_text="A name, so that it outlives the account.")
    created_at = models.DateTimeField()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(report=True) | Q(board=True) | Q(wins=True) | Q(trust=True), name="%(class)s_shows_a_page"
            ),
        ]

    @property
    def pages(self) -> list[str]:
        return [page for page in PAGES if getattr(self, page)]

    @property
    def page_labels(self) -> list[str]:
        return [PAGES[page] for page in self.pages]


class SharedLink(ShownPages):
    """A link to pages of a study. Its token is not stored: prefix finds the row, and digest checks the text.

    Triggers hold that a link is never changed but by revoking it, once, and never made while rating goes on without a
    reason (leaderboards/models/sharing_triggers.py).
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="shared_links")
    label = models.CharField(max_length=200, blank=True, help_text="For the study's owners: whom it was given to.")
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the whole token.")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    opened = models.PositiveIntegerField(default=0, help_text="How many pages were opened by it.")
    last_opened_at = models.DateTimeField(null=True, blank=True)
    # The minute of the last request, and the requests counted in it.
    minute = models.DateTimeField(null=True, blank=True, editable=False)
    used_in_minute = models.PositiveIntegerField(default=0, editable=False)

    class Meta(ShownPages.Meta):
        ordering = ["study", "-pk"]
        constraints = [
            *ShownPages.Meta.constraints,
            models.CheckConstraint(condition=~Q(digest=""), name="shared_link_has_digest"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="shared_link_ends_after_it_began"),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}… to study {self.study_id}"

    def has_ended(self, now: datetime) -> bool:
        return self.revoked_at is not None or self.expires_at <= now


class PublicBoard(ShownPages):
    """A study that stands on the page of public boards, if the installation has one."""

    study = models.OneToOneField(Study, on_delete=models.CASCADE, related_name="public_board")

    class Meta(ShownPages.Meta):
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"public: study {self.study_id}"
