from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("annotations", "0023_control_items_and_pair_tallies")]

    operations = [migrations.RemoveField(model_name="giveawaycheck", name="checked_at")]
