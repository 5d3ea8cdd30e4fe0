"""Content keys by form, and seats that have forms; what there is has form 1."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("enrolment", "0001_initial"), ("campaigns", "0002_forms")]

    operations = [
        migrations.AlterField(
            "contentkey",
            "part",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="content_keys",
                to="campaigns.part",
            ),
        ),
        migrations.AddField("contentkey", "form", models.PositiveSmallIntegerField(default=1)),
        migrations.AddField("contentkey", "keymap", models.BinaryField(default=b"")),
        migrations.AlterModelOptions("contentkey", options={"ordering": ["part", "form"]}),
        migrations.AddConstraint(
            "contentkey", models.UniqueConstraint(fields=("part", "form"), name="form_once")
        ),
        migrations.AddField("seat", "forms", models.BinaryField(default=b"")),
    ]
