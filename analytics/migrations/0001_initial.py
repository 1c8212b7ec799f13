import analytics.addresses
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='StreamPosition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slot', models.PositiveSmallIntegerField(unique=True)),
                ('position', models.CharField(default='0-0', max_length=40)),
            ],
        ),
        migrations.CreateModel(
            name='Call',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('request_id', models.CharField(max_length=64, unique=True)),
                ('at', models.DateTimeField()),
                ('organisation', models.CharField(max_length=32)),
                ('application', models.CharField(max_length=32)),
                ('credential', models.CharField(max_length=32)),
                ('secret', models.CharField(blank=True, max_length=24)),
                ('environment', models.CharField(max_length=8)),
                ('gateway', models.CharField(max_length=64)),
                ('method', models.CharField(max_length=16)),
                ('path', models.CharField(max_length=2048)),
                ('api', models.CharField(blank=True, max_length=64)),
                ('version', models.CharField(blank=True, max_length=64)),
                ('operation', models.CharField(blank=True, max_length=32)),
                ('plan', models.CharField(blank=True, max_length=32)),
                ('subscription', models.CharField(blank=True, max_length=32)),
                ('address', models.CharField(blank=True, max_length=45)),
                ('user_agent', models.CharField(blank=True, max_length=200)),
                ('outcome', models.CharField(max_length=16)),
                ('status', models.PositiveSmallIntegerField(default=0)),
                ('problem', models.CharField(blank=True, max_length=40)),
                ('upstream_status', models.PositiveSmallIntegerField(default=0)),
                ('duration_us', models.PositiveBigIntegerField(default=0)),
                ('upstream_us', models.PositiveBigIntegerField(default=0)),
                ('bytes_in', models.PositiveBigIntegerField(default=0)),
                ('bytes_out', models.PositiveBigIntegerField(default=0)),
                ('masked', models.JSONField(default=list)),
                ('cost', models.PositiveIntegerField(default=1)),
                ('is_shadow', models.BooleanField(default=False)),
                ('client_request_id', models.CharField(blank=True, max_length=128)),
                ('is_invalid', models.BooleanField(default=False)),
                ('undeclared', models.PositiveIntegerField(default=0)),
                ('restriction', models.CharField(blank=True, max_length=200)),
                ('user', models.CharField(blank=True, max_length=32)),
                ('bound', models.BooleanField(default=False)),
                ('address_key', analytics.addresses.AddressKeyField(blank=True, editable=False, max_length=33)),
            ],
            options={
                'ordering': ['-at', '-id'],
                'indexes': [models.Index(fields=['application', '-at', '-id', 'outcome', 'status', 'duration_us'], name='calls_of_application'), models.Index(fields=['credential', '-at', '-id'], name='calls_of_credential'), models.Index(fields=['-at', '-id', 'outcome', 'status'], name='calls_by_time'), models.Index(fields=['version', '-at', 'application', 'credential', 'operation'], name='calls_of_version'), models.Index(condition=models.Q(('user__gt', '')), fields=['user', 'credential', '-at'], name='calls_for_people'), models.Index(condition=models.Q(('restriction__gt', '')), fields=['-at', 'restriction'], name='calls_restricted')],
            },
        ),
        migrations.CreateModel(
            name='OperationUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('credential', models.CharField(max_length=32)),
                ('operation', models.CharField(max_length=32)),
                ('last_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('credential', 'operation'), name='one_use_per_operation')],
            },
        ),
    ]
