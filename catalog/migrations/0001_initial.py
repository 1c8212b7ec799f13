import catalog.import_models
import catalog.models
import catalog.upstreams
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0002_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Api',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=catalog.models._api_id, editable=False, max_length=32, unique=True)),
                ('slug', models.CharField(max_length=64, unique=True, validators=[django.core.validators.RegexValidator('\\A[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?\\Z', 'Use a–z, 0–9, dot, hyphen, underscore.')])),
                ('title', models.CharField(max_length=120)),
                ('description', models.TextField(blank=True)),
                ('owner', models.CharField(blank=True, help_text='Team and person who answer for it.', max_length=120, verbose_name='owner')),
                ('unmatched', models.CharField(choices=[('refuse', 'refuse'), ('shadow', 'let through and record as shadow')], default='refuse', max_length=8, verbose_name='undocumented paths')),
                ('validation', models.CharField(choices=[('enforce', 'refuse'), ('report', 'let through and record'), ('off', 'do not look')], default='enforce', max_length=8, verbose_name='requests not as documented')),
                ('cors_origins', models.JSONField(blank=True, default=list, help_text='One origin a line, or * for all. None: no page.', verbose_name='web pages that may call')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'verbose_name': 'API',
                'ordering': ['title', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Version',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=catalog.models._version_id, editable=False, max_length=32, unique=True)),
                ('name', models.CharField(max_length=64, validators=[django.core.validators.RegexValidator('\\A[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?\\Z', 'Use a–z, 0–9, dot, hyphen, underscore.')])),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('live', 'Live'), ('deprecated', 'Deprecated'), ('retired', 'Retired')], default='draft', max_length=16)),
                ('document', models.JSONField(default=dict)),
                ('upstream_url', models.CharField(help_text='Where live calls go, without a slash at the end.', max_length=500, validators=[catalog.upstreams.check_upstream_url])),
                ('test_upstream_url', models.CharField(blank=True, help_text='Where test calls go; empty: refused.', max_length=500, validators=[catalog.upstreams.check_upstream_url])),
                ('upstream_headers', models.TextField(blank=True, editable=False)),
                ('deprecated_at', models.DateTimeField(blank=True, null=True)),
                ('sunset_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('api', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='catalog.api')),
                ('successor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='catalog.version')),
            ],
            options={
                'ordering': ['api', 'name'],
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Told',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('letters', models.PositiveIntegerField()),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.application')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='told', to='catalog.version')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Revision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=catalog.import_models._revision_id, editable=False, max_length=32, unique=True)),
                ('number', models.PositiveIntegerField()),
                ('packed', models.BinaryField()),
                ('operation_count', models.PositiveIntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='revisions', to='catalog.version')),
            ],
            options={
                'ordering': ['-number'],
            },
        ),
        migrations.CreateModel(
            name='Operation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=catalog.models._operation_id, editable=False, max_length=32, unique=True)),
                ('method', models.CharField(max_length=8)),
                ('path', models.CharField(max_length=500)),
                ('anchor', models.CharField(max_length=200)),
                ('summary', models.CharField(blank=True, max_length=300)),
                ('description', models.TextField(blank=True)),
                ('tag', models.CharField(blank=True, max_length=120)),
                ('scope', models.CharField(blank=True, max_length=120)),
                ('cost', models.PositiveIntegerField(default=1)),
                ('is_deprecated', models.BooleanField(default=False)),
                ('deprecated_at', models.DateTimeField(blank=True, null=True)),
                ('sunset_at', models.DateTimeField(blank=True, null=True)),
                ('position', models.PositiveIntegerField(default=0)),
                ('request_rules', models.JSONField(editable=False, null=True)),
                ('answer_rules', models.JSONField(editable=False, null=True)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='operations', to='catalog.version')),
            ],
            options={
                'ordering': ['position', 'id'],
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Import',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=catalog.import_models._import_id, editable=False, max_length=32, unique=True)),
                ('progress', models.CharField(choices=[('waiting', 'Waiting to be read'), ('reading', 'Being read'), ('ready', 'Ready to be applied'), ('refused', 'Refused'), ('approved', 'Waiting to be applied'), ('applying', 'Being applied'), ('applied', 'Applied'), ('stopped', 'Stopped in the middle'), ('discarded', 'Discarded')], db_index=True, default='waiting', max_length=16)),
                ('step', models.CharField(blank=True, max_length=80)),
                ('percent', models.PositiveIntegerField(default=0)),
                ('source', models.CharField(max_length=200)),
                ('upload', models.BinaryField(null=True)),
                ('packed', models.BinaryField(null=True)),
                ('size_bytes', models.PositiveIntegerField()),
                ('operation_count', models.PositiveIntegerField(default=0)),
                ('problems', models.JSONField(default=list)),
                ('proposals', models.JSONField(default=list)),
                ('changes', models.JSONField(default=list)),
                ('approved_by', models.CharField(blank=True, max_length=32)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('moved_at', models.DateTimeField(auto_now_add=True)),
                ('base', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='catalog.revision')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='imports', to='catalog.version')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Extension',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sunset_at', models.DateTimeField(blank=True, null=True, verbose_name='own sunset')),
                ('is_exempt', models.BooleanField(default=False, verbose_name='no brownouts')),
                ('changed_at', models.DateTimeField(auto_now=True)),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.application')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='extensions', to='catalog.version')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='ChangelogEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=catalog.import_models._entry_id, editable=False, max_length=32, unique=True)),
                ('title', models.CharField(blank=True, max_length=200)),
                ('text', models.TextField(blank=True, verbose_name='what to tell developers')),
                ('changes', models.JSONField(default=list)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('published_at', models.DateTimeField(null=True)),
                ('after', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='entry', to='catalog.revision')),
                ('before', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.revision')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changelog', to='catalog.version')),
            ],
            options={
                'verbose_name_plural': 'changelog entries',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Brownout',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=catalog.models._brownout_id, editable=False, max_length=32, unique=True)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('predicted_calls', models.PositiveBigIntegerField(default=0, editable=False)),
                ('cancelled_at', models.DateTimeField(editable=False, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='brownouts', to='catalog.version')),
            ],
            options={
                'ordering': ['starts_at', 'id'],
            },
        ),
        migrations.AddConstraint(
            model_name='version',
            constraint=models.UniqueConstraint(fields=('api', 'name'), name='one_version_per_name'),
        ),
        migrations.AddIndex(
            model_name='told',
            index=models.Index(fields=['version', 'application', '-at'], name='told_of_version'),
        ),
        migrations.AddConstraint(
            model_name='revision',
            constraint=models.UniqueConstraint(fields=('version', 'number'), name='one_revision_per_number'),
        ),
        migrations.AddConstraint(
            model_name='operation',
            constraint=models.UniqueConstraint(fields=('version', 'method', 'path'), name='one_operation_per_method_and_path'),
        ),
        migrations.AddConstraint(
            model_name='operation',
            constraint=models.UniqueConstraint(fields=('version', 'anchor'), name='one_operation_per_anchor'),
        ),
        migrations.AddConstraint(
            model_name='extension',
            constraint=models.UniqueConstraint(fields=('version', 'application'), name='one_extension_per_application'),
        ),
    ]
