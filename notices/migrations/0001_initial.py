import django.utils.timezone
import notices.models
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Letter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=notices.models._letter_id, editable=False, max_length=32, unique=True)),
                ('kind', models.CharField(max_length=64)),
                ('to', models.EmailField(max_length=254)),
                ('subject', models.CharField(max_length=254)),
                ('sealed_body', models.TextField(blank=True)),
                ('organisation', models.CharField(blank=True, db_index=True, max_length=32)),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('sent', 'sent'), ('given up', 'given up')], default='waiting', max_length=16)),
                ('tries', models.PositiveIntegerField(default=0)),
                ('error', models.CharField(blank=True, max_length=64, verbose_name='class of the last error')),
                ('created_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('next_try_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('sent_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['id'],
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['next_try_at'], name='letters_to_send')],
            },
        ),
    ]
