"""Parts may have several forms; what there is has one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_initial")]

    operations = [
        migrations.AddField("part", "forms", models.PositiveSmallIntegerField(default=1)),
    ]
