import audit.models
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='ChainCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('whole_at', models.DateTimeField(null=True, verbose_name='when it was last read from its first link on')),
                ('seq', models.BigIntegerField(default=0)),
                ('mac', models.CharField(blank=True, max_length=64)),
                ('event_name', models.CharField(blank=True, max_length=32)),
                ('finding', models.CharField(blank=True, max_length=254)),
            ],
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=audit.models._event_id, editable=False, max_length=32, unique=True)),
                ('at', models.DateTimeField(auto_now_add=True, db_index=True)),
                ('actor_kind', models.CharField(max_length=16)),
                ('actor_id', models.CharField(db_index=True, max_length=64)),
                ('organisation', models.CharField(blank=True, db_index=True, max_length=32)),
                ('action', models.CharField(db_index=True, max_length=64)),
                ('object_kind', models.CharField(max_length=32)),
                ('object_id', models.CharField(db_index=True, max_length=120)),
                ('changes', models.JSONField(default=dict)),
                ('personal', models.JSONField(default=dict)),
                ('request_id', models.CharField(blank=True, db_index=True, max_length=64)),
                ('records', models.JSONField(default=list)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Unchained',
            fields=[
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='unchained', serialize=False, to='audit.event')),
            ],
        ),
        migrations.CreateModel(
            name='ChainLink',
            fields=[
                ('seq', models.BigIntegerField(primary_key=True, serialize=False)),
                ('event_name', models.CharField(max_length=32, verbose_name='public id of the event')),
                ('previous', models.CharField(max_length=64)),
                ('mac', models.CharField(max_length=64)),
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='link', to='audit.event')),
            ],
        ),
        migrations.CreateModel(
            name='PersonalText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(blank=True, db_index=True, max_length=120)),
                ('digest', models.CharField(max_length=64)),
                ('salt', models.CharField(blank=True, max_length=32)),
                ('text', models.TextField(blank=True)),
                ('erasure', models.CharField(blank=True, max_length=32, verbose_name='public id of the event that erased it')),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='texts', to='audit.event')),
            ],
        ),
        migrations.CreateModel(
            name='PublishedRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=24)),
                ('record_id', models.CharField(max_length=120)),
                ('version', models.BigIntegerField(default=0)),
                ('published_version', models.BigIntegerField(default=0)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('published_version__lt', models.F('version'))), fields=['id'], name='records_to_publish')],
                'constraints': [models.UniqueConstraint(fields=('kind', 'record_id'), name='one_row_per_record')],
            },
        ),
    ]
