import django.core.validators
import django.db.models.deletion
import plans.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0002_initial'),
        ('catalog', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Plan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=plans.models._plan_id, editable=False, max_length=32, unique=True)),
                ('slug', models.CharField(max_length=64, unique=True, validators=[django.core.validators.RegexValidator('\\A[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?\\Z', 'Use a–z, 0–9, dot, hyphen, underscore.')])),
                ('name', models.CharField(max_length=120)),
                ('description', models.TextField(blank=True)),
                ('terms', models.TextField(blank=True, help_text='CommonMark. Whoever chooses the plan accepts them; after a change they are asked again.', validators=[django.core.validators.MaxLengthValidator(20000)])),
                ('terms_digest', models.CharField(blank=True, editable=False, max_length=64)),
                ('terms_changed_at', models.DateTimeField(editable=False, null=True)),
                ('price_cents', models.PositiveIntegerField(default=0, verbose_name='price a month, in cents')),
                ('currency', models.CharField(default='EUR', max_length=3)),
                ('position', models.PositiveIntegerField(default=0, help_text='Plans are compared in this order; more comes later.')),
                ('is_default', models.BooleanField(default=False, verbose_name='given at sign-up')),
                ('is_public', models.BooleanField(default=True, verbose_name='shown to everybody')),
                ('filters_undeclared', models.BooleanField(default=False, help_text='Takes out of answers what the document does not declare.', verbose_name='only documented fields')),
                ('on_leak', models.CharField(choices=[('quarantine', 'it may only read'), ('revoke', 'it is revoked')], default='quarantine', help_text='What becomes of a key that was found in public, until its owner has rotated it.', max_length=16, verbose_name='when a key leaks')),
                ('scopes', models.JSONField(blank=True, default=list)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('versions', models.ManyToManyField(blank=True, related_name='plans', to='catalog.version')),
            ],
            options={
                'ordering': ['position', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Mask',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('path', models.CharField(max_length=300, verbose_name='JSONPath')),
                ('action', models.CharField(choices=[('remove', 'remove'), ('redact', 'redact'), ('partial', 'keep the last characters'), ('hash', 'hash'), ('truncate', 'keep the first characters'), ('generalise', 'generalise')], max_length=16)),
                ('keep', models.PositiveIntegerField(default=0, verbose_name='characters kept')),
                ('precision', models.CharField(blank=True, max_length=16)),
                ('is_required', models.BooleanField(default=False, verbose_name='withhold the answer if nothing matches')),
                ('parameters', models.JSONField(blank=True, default=list)),
                ('api', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.api')),
                ('operation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.operation')),
                ('version', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.version')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='masks', to='plans.plan')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Limit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40, validators=[django.core.validators.RegexValidator('\\A[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?\\Z', 'Use a–z, 0–9, dot, hyphen, underscore.')])),
                ('kind', models.CharField(choices=[('rate', 'rate'), ('quota', 'quota'), ('concurrency', 'calls at once')], max_length=16)),
                ('amount', models.PositiveIntegerField()),
                ('period_seconds', models.PositiveIntegerField(default=0, help_text='rate: the period of the amount.')),
                ('burst', models.PositiveIntegerField(default=0, help_text='rate: calls at once after a pause; 0 means the amount.')),
                ('window', models.CharField(blank=True, choices=[('day', 'day'), ('month', 'month')], help_text='quota: its window.', max_length=8)),
                ('anchored', models.BooleanField(default=False, help_text='quota: windows begin when the subscription began.')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='limits', to='plans.plan')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=plans.models._subscription_id, editable=False, max_length=32, unique=True)),
                ('status', models.CharField(choices=[('active', 'active'), ('suspended', 'suspended'), ('ended', 'ended')], default='active', max_length=16)),
                ('started_at', models.DateTimeField(auto_now_add=True)),
                ('api', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to='catalog.api')),
                ('application', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to='accounts.application')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to='plans.plan')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='TermsAcceptance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64)),
                ('accepted_at', models.DateTimeField(auto_now_add=True)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='acceptances', to='plans.plan')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.AddConstraint(
            model_name='plan',
            constraint=models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('is_default',), name='one_default_plan'),
        ),
        migrations.AddConstraint(
            model_name='limit',
            constraint=models.UniqueConstraint(fields=('plan', 'name'), name='one_limit_per_name'),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.UniqueConstraint(fields=('application', 'api'), name='one_subscription_per_api'),
        ),
        migrations.AddConstraint(
            model_name='termsacceptance',
            constraint=models.UniqueConstraint(fields=('organisation', 'plan', 'digest'), name='one_acceptance_per_terms'),
        ),
    ]
