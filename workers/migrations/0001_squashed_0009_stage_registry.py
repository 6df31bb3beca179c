"""What the migrations up to 0009 make, as one step for new databases; older databases go through those.

The columns stand in the order in which those migrations added them: a backup of PostgreSQL holds rows by that order.
"""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import workers.registry


class Migration(migrations.Migration):

    replaces = [
        ('workers', '0001_initial'),
        ('workers', '0002_ledger'),
        ('workers', '0003_ledger_unique'),
        ('workers', '0004_hold'),
        ('workers', '0005_tags_and_duplicates'),
        ('workers', '0006_run_parameters'),
        ('workers', '0007_worker_processes'),
        ('workers', '0008_waits_for_room'),
        ('workers', '0009_stage_registry'),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('search', '0002_fingerprint'),
    ]

    operations = [
        migrations.CreateModel(
            name='Run',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('index', 'index'), ('rebuild', 'rebuild'), ('project', 'map'), ('retry', 'retry'), ('plan', 'look for changes'), ('tag', 'tags'), ('compare', 'duplicates')], max_length=8)),
                ('state', models.CharField(choices=[('active', 'running'), ('done', 'done'), ('failed', 'failed'), ('cancelled', 'cancelled')], default='active', max_length=10)),
                ('is_paused', models.BooleanField(default=False, help_text='Whether an active run starts no new batch.')),
                ('encoder', models.CharField(help_text='Name of the encoder whose embeddings this run makes or uses.', max_length=400)),
                ('encoder_reason', models.TextField(blank=True, help_text='Why this encoder, where nobody named it.')),
                ('message', models.TextField(blank=True, help_text='Why the run failed, or what it achieved.')),
                ('sequence', models.PositiveBigIntegerField(default=0, help_text='Number of the newest progress message.')),
                ('published_at', models.DateTimeField(blank=True, help_text='When that message was sent.', null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('dataset', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='runs', to='search.dataset')),
                ('requested_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL)),
                ('plan', models.JSONField(blank=True, help_text='What a run that looks for changes found.', null=True)),
                ('priority', models.PositiveSmallIntegerField(choices=[(0, 'high'), (5, 'normal'), (9, 'low')], default=5)),
                ('stage_only', models.BooleanField(db_column='holds', default=False, help_text='Whether the version that it builds waits for a look instead of going live.')),
                ('parameters', models.JSONField(default=dict, help_text='What was asked of it beside its kind: how to draw a map.')),
                ('waits_for_disk_space', models.BooleanField(db_column='waits_for_room', default=False, help_text='Whether it is paused because a disk is full, and goes on once there is room.')),
                ('replanned', models.BooleanField(default=False, help_text='Whether images that were lost on the way were planned once more; never twice.')),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'active')), fields=('dataset',), name='one_active_run')],
            },
        ),
        migrations.CreateModel(
            name='StageProgress',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stage', models.CharField(choices=workers.registry.stage_choices, max_length=8)),
                ('position', models.PositiveSmallIntegerField()),
                ('total', models.PositiveBigIntegerField(default=0)),
                ('done', models.PositiveBigIntegerField(default=0)),
                ('failed', models.PositiveBigIntegerField(default=0)),
                ('samples', models.JSONField(default=list)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stages', to='workers.run')),
                ('bytes_read', models.PositiveBigIntegerField(default=0, help_text='Of originals, by this stage.')),
            ],
            options={
                'ordering': ['position'],
                'constraints': [models.UniqueConstraint(fields=('run', 'stage'), name='stage_unique')],
            },
        ),
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stage', models.CharField(choices=workers.registry.stage_choices, max_length=8)),
                ('image_ids', models.JSONField(default=list, help_text='Images of a derive or embed batch.')),
                ('state', models.CharField(choices=[('queued', 'waiting'), ('running', 'running'), ('done', 'done'), ('failed', 'failed'), ('split', 'split in two')], default='queued', max_length=8)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('worker', models.CharField(blank=True, max_length=200)),
                ('queued_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('heartbeat_at', models.DateTimeField(blank=True, null=True)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='batches', to='workers.run')),
                ('worker_losses', models.PositiveSmallIntegerField(db_column='deaths', default=0, help_text='How many workers were lost while they had it.')),
            ],
            options={
                'verbose_name_plural': 'batches',
                'indexes': [models.Index(fields=['run', 'state'], name='batch_open')],
            },
        ),
        migrations.CreateModel(
            name='ImageFailure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=1024)),
                ('stage', models.CharField(choices=workers.registry.stage_choices, max_length=8)),
                ('reason', models.TextField()),
                ('last_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('image', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='failures', to='search.image')),
                ('run', models.ForeignKey(help_text='The latest that tried it.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='failures', to='workers.run')),
                ('attempts', models.PositiveIntegerField(default=1, help_text='Runs that tried this file in vain.')),
                ('dataset', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='failures', to='search.dataset')),
                ('first_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('state', models.CharField(choices=[('open', 'open'), ('retrying', 'to be tried again'), ('quarantined', 'quarantined'), ('ignored', 'ignored')], default='open', max_length=11)),
            ],
            options={
                'ordering': ['id'],
                'indexes': [models.Index(fields=['dataset', 'state', 'id'], name='failure_state')],
                'constraints': [models.UniqueConstraint(fields=('dataset', 'name'), name='failure_unique')],
            },
        ),
        migrations.CreateModel(
            name='RunEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('text', models.TextField()),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='workers.run')),
                ('level', models.CharField(choices=[('info', 'information'), ('warning', 'warning'), ('error', 'error')], default='info', max_length=7)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='WorkerProcess',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='Machine and number of its main process.', max_length=200, unique=True)),
                ('title', models.CharField(help_text='What Celery calls it: its kind and the machine.', max_length=200)),
                ('queues', models.JSONField(default=list)),
                ('slots', models.PositiveIntegerField(default=1, help_text='How many batches it works on at a time.')),
                ('names', models.JSONField(default=list)),
                ('device', models.JSONField(default=dict, help_text='What it computes on, its memory and how busy it is.')),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('seen_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
            ],
            options={
                'verbose_name_plural': 'worker processes',
                'ordering': ['title', 'name'],
            },
        ),
    ]
