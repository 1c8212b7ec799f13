import restrictions.models
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Restriction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=restrictions.models._restriction_id, editable=False, max_length=32, unique=True)),
                ('reference', models.CharField(default=restrictions.models.new_reference, editable=False, max_length=16, unique=True)),
                ('submission', models.CharField(editable=False, max_length=64, null=True, unique=True)),
                ('how', models.CharField(choices=[('block', 'block'), ('throttle', 'throttle'), ('mask', 'mask'), ('require', 'require')], default='block', max_length=8)),
                ('organisation', models.CharField(blank=True, max_length=32)),
                ('application', models.CharField(blank=True, max_length=32)),
                ('credential', models.CharField(blank=True, max_length=32, verbose_name='key')),
                ('user', models.CharField(blank=True, max_length=32)),
                ('plan', models.CharField(blank=True, max_length=32)),
                ('networks', models.JSONField(blank=True, default=list)),
                ('api', models.CharField(blank=True, max_length=32, verbose_name='API')),
                ('version', models.CharField(blank=True, max_length=32)),
                ('operation', models.CharField(blank=True, max_length=32)),
                ('scope', models.CharField(blank=True, max_length=120)),
                ('amount', models.PositiveIntegerField(default=0)),
                ('period_seconds', models.PositiveIntegerField(default=0)),
                ('burst', models.PositiveIntegerField(default=0)),
                ('masks', models.JSONField(blank=True, default=list)),
                ('requirement', models.JSONField(blank=True, null=True)),
                ('starts_at', models.DateTimeField(blank=True, null=True)),
                ('ends_at', models.DateTimeField(blank=True, null=True)),
                ('reason', models.TextField()),
                ('advice', models.CharField(blank=True, max_length=300)),
                ('created_by', models.CharField(blank=True, max_length=254)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('lifted_at', models.DateTimeField(editable=False, null=True)),
                ('lifted_by', models.CharField(blank=True, editable=False, max_length=254)),
                ('lift_reason', models.TextField(blank=True, editable=False)),
                ('retired_at', models.DateTimeField(editable=False, null=True)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('lifted_at', None), ('retired_at', None)), fields=['ends_at'], name='restrictions_standing')],
            },
        ),
    ]
