"""Counts of how often each annotator saw each system left and right."""

from django.db import models

from annotations.models.annotators import Annotator
from models_runner.models import System


class SideLead(models.Model):
    """How much more often an annotator was shown a system left than right; counts/side_balance.py keeps it."""

    pk = models.CompositePrimaryKey("annotator", "system")
    # No index of its own: the key begins with it.
    annotator = models.ForeignKey(Annotator, on_delete=models.CASCADE, related_name="side_leads", db_index=False)
    system = models.ForeignKey(System, on_delete=models.CASCADE, related_name="+", db_index=False)
    lead = models.IntegerField()

    def __str__(self) -> str:
        return f"Annotator {self.annotator_id}, system {self.system_id}: {self.lead:+}"
