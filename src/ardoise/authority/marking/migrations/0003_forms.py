"""Texts of items that differ from form to form; what there is, is of form 1."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("marking", "0002_raters")]

    operations = [
        migrations.AddField("ratingtask", "form", models.PositiveSmallIntegerField(default=1)),
    ]
