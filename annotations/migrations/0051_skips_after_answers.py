from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotations", "0050_additions_to_reports")]

    operations = [
        migrations.AddField(
            model_name="remark",
            name="after_revision",
            field=models.BigIntegerField(
                blank=True,
                help_text="Of a skip: the newest answer of anybody then; later ones have larger numbers.",
                null=True,
            ),
        ),
    ]
