"""What keeps the next pair quick for somebody who has rated thousands: a kept count of sides, and an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotations", "0011_strength")]

    operations = [
        migrations.AddField(
            model_name="annotator",
            name="side_leads",
            field=models.JSONField(default=dict, editable=False),
        ),
        migrations.AddField(
            model_name="annotator",
            name="side_leads_until",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(fields=["annotator", "created_at", "id"], name="assignment_newest"),
        ),
    ]
