"""Secrets get ids and states, keys their suspension, quarantine and grants; reports of leaks."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import keys.models


def fill(apps, _editor):
    for secret in apps.get_model("keys", "Secret").objects.all():
        secret.public_id = keys.models._secret_id()
        secret.save(update_fields=["public_id"])
    Grant = apps.get_model("keys", "ScopeGrant")
    for key in apps.get_model("keys", "Credential").objects.all():
        Grant.objects.bulk_create(
            Grant(credential=key, scope=scope, granted_at=key.created_at) for scope in sorted(set(key.scopes))
        )


class Migration(migrations.Migration):
    dependencies = [("keys", "0001_initial")]

    operations = [
        migrations.AddField("credential", "suspended_by", models.CharField(blank=True, choices=[("team", "Team"), ("staff", "Staff")], default="", max_length=8), preserve_default=False),
        migrations.AddField("credential", "quarantined_to", models.JSONField(null=True)),
        migrations.AddField("credential", "reminded_days", models.PositiveSmallIntegerField(null=True)),
        migrations.AddField("secret", "state", models.CharField(choices=[("current", "Current"), ("retiring", "Retiring"), ("ended", "Ended")], default="current", max_length=8)),
        migrations.AddField("secret", "public_id", models.CharField(default="", editable=False, max_length=32), preserve_default=False),
        migrations.CreateModel(
            name="ScopeGrant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("scope", models.CharField(max_length=120)),
                ("granted_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("credential", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="grants", to="keys.credential")),
            ],
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.AlterField("secret", "public_id", models.CharField(default=keys.models._secret_id, editable=False, max_length=32, unique=True)),
    ]
