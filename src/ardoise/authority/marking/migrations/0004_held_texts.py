"""Which sheet holds which text that raters score; sheets marked earlier are marked once more."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("marking", "0003_forms")]

    operations = [
        migrations.AddField("partmarking", "settled", models.TextField(null=True)),
        migrations.CreateModel(
            name="HeldText",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(max_length=9)),
                ("text", models.BinaryField(max_length=32)),
                (
                    "part",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="held_texts",
                        to="campaigns.part",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["part", "text"], name="held_text_of"),
                    models.Index(fields=["part", "number"], name="held_text_by"),
                ],
            },
        ),
    ]
