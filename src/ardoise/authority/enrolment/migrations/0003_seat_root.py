"""Seats keep what their codes stretch to. Empty in older ones: the next enrolment or kit fills it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("enrolment", "0002_forms")]

    operations = [
        migrations.AddField("seat", "root", models.BinaryField(default=b"")),
    ]
