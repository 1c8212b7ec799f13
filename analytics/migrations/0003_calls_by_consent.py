from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("analytics", "0002_calls_of_version")]

    operations = [
        migrations.AddField(
            model_name="call",
            name="user",
            field=models.CharField(blank=True, default="", max_length=32),
            preserve_default=False,
        ),
    ]
