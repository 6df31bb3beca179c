"""What the migrations up to 0016 make, as one step for new databases; older databases go through those.

The columns stand in the order in which those migrations added them: a backup of PostgreSQL holds rows by that order. The
index over image names is made after all migrations, by `search.apps`.
"""

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('search', '0001_initial'),
        ('search', '0002_fingerprint'),
        ('search', '0003_version_notes'),
        ('search', '0004_conditions'),
        ('search', '0005_serving'),
        ('search', '0006_keeping'),
        ('search', '0007_api_tokens'),
        ('search', '0008_placeholder'),
        ('search', '0009_tags_and_duplicates'),
        ('search', '0010_name_index'),
        ('search', '0011_evaluation'),
        ('search', '0012_map_clusters'),
        ('search', '0013_roles'),
        ('search', '0014_upkeep'),
        ('search', '0015_objects'),
        ('search', '0016_duplicate_scan_and_dataset_usage'),
    ]

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='EncoderRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=400, unique=True)),
                ('dimension', models.PositiveIntegerField()),
            ],
            options={
                'verbose_name': 'encoder',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Dataset',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('slug', models.SlugField(max_length=140, unique=True)),
                ('visibility', models.CharField(choices=[('public', 'public: everybody may search it'), ('private', 'private: its owner, who has a role in it, and staff')], default='private', max_length=10)),
                ('source_path', models.CharField(help_text='The folder that holds the originals; subfolders are read too.', max_length=4096)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='dataset_name_unique')],
            },
        ),
        migrations.CreateModel(
            name='Image',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text="Path below the dataset's folder, with forward slashes.", max_length=1024)),
                ('checksum', models.CharField(help_text='SHA-256 of the original, hexadecimal.', max_length=64)),
                ('byte_size', models.PositiveBigIntegerField()),
                ('modified_ns', models.BigIntegerField(help_text='Modification time of the original, nanoseconds since 1970.')),
                ('width', models.PositiveIntegerField(default=0, help_text='Pixels, after the EXIF orientation is applied.')),
                ('height', models.PositiveIntegerField(default=0)),
                ('format', models.CharField(blank=True, help_text='As decoded, not as the file name claims.', max_length=12)),
                ('state', models.CharField(choices=[('pending', 'waiting for its derivative'), ('ready', 'derivative written'), ('failed', 'could not be read'), ('missing', 'gone from its folder'), ('hidden', 'hidden by a person')], default='pending', max_length=8)),
                ('added_at', models.DateTimeField(auto_now_add=True)),
                ('dataset', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='images', to='search.dataset')),
                ('taken_at', models.DateTimeField(blank=True, help_text='As its camera wrote down; unknown for many.', null=True)),
                ('placeholder', models.CharField(blank=True, help_text='What stands for it until it has arrived: a ThumbHash, base64.', max_length=40)),
                ('perceptual_hash', models.BigIntegerField(blank=True, help_text='Of what it looks like; unknown until it is first compared.', null=True)),
            ],
            options={
                'ordering': ['id'],
                'indexes': [models.Index(fields=['dataset', 'state', 'id'], name='image_state'), models.Index(fields=['dataset', 'checksum'], name='image_checksum'), models.Index(fields=['dataset', 'state', 'taken_at', 'id'], name='image_taken'), models.Index(fields=['dataset', 'state', 'added_at', 'id'], name='image_added'), models.Index(fields=['dataset', 'state', 'width', 'height', 'id'], name='image_size'), models.Index(condition=models.Q(('placeholder', ''), ('state', 'ready')), fields=['dataset', 'id'], name='image_no_placeholder'), models.Index(fields=['state', 'id'], name='image_of_state')],
                'constraints': [models.UniqueConstraint(fields=('dataset', 'name'), name='image_name_unique')],
            },
        ),
        migrations.CreateModel(
            name='Embedding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('vector', models.BinaryField()),
                ('encoder', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='search.encoderrecord')),
                ('image', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='embeddings', to='search.image')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('encoder', 'image'), name='embedding_unique')],
            },
        ),
        migrations.CreateModel(
            name='IndexVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(help_text='Counts up from 1 within the dataset.')),
                ('state', models.CharField(choices=[('building', 'being built'), ('ready', 'verified and published'), ('failed', 'could not be built'), ('damaged', 'damaged files')], default='building', max_length=8)),
                ('count', models.PositiveBigIntegerField(default=0)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('published_at', models.DateTimeField(blank=True, null=True)),
                ('dataset', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='search.dataset')),
                ('encoder', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='search.encoderrecord')),
                ('fingerprint', models.CharField(blank=True, help_text='SHA-256 over the ids and checksums of its images; tells whether it is stale.', max_length=64)),
                ('notes', models.JSONField(default=dict, help_text='What its manifest says: kind, parameters, measured recall.')),
                ('damage', models.TextField(blank=True, help_text='What is wrong with the files of a damaged version.')),
            ],
            options={
                'ordering': ['-number'],
                'constraints': [models.UniqueConstraint(fields=('dataset', 'number'), name='version_number_unique')],
            },
        ),
        migrations.AddField(
            model_name='dataset',
            name='live_version',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='live_in', to='search.indexversion'),
        ),
        migrations.AddField(
            model_name='dataset',
            name='deleted_at',
            field=models.DateTimeField(blank=True, db_index=True, null=True),
        ),
        migrations.AddField(
            model_name='dataset',
            name='removal_until',
            field=models.DateTimeField(blank=True, help_text='Until when the job that removes it counts as alive without another word.', null=True),
        ),
        migrations.AddField(
            model_name='dataset',
            name='bucket',
            field=models.CharField(blank=True, editable=False, help_text='The bucket that has all its derivatives and uploaded originals, besides the data folder.', max_length=1200),
        ),
        migrations.CreateModel(
            name='Projection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('parameters', models.JSONField(default=dict)),
                ('count', models.PositiveBigIntegerField()),
                ('seconds', models.FloatField(help_text='How long the layout took.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='projections', to='search.indexversion')),
                ('based_on', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='extended_by', to='search.projection')),
                ('fitted', models.PositiveBigIntegerField(default=0, help_text='Points that UMAP itself saw.')),
                ('layout', models.JSONField(default=dict, help_text='How the files of its points are laid out.')),
                ('placed', models.PositiveBigIntegerField(default=0, help_text='Images that were placed among the others since then, without drawing anew.')),
                ('timings', models.JSONField(default=dict, help_text='Seconds by step.')),
                ('trustworthiness', models.FloatField(help_text='How many neighbours on the map are neighbours among the vectors too, 0 to 1.', null=True)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='MapCluster',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('level', models.PositiveSmallIntegerField(help_text='0: few and large; 1: their parts.')),
                ('number', models.PositiveIntegerField(help_text='Counts up from 0 within the level.')),
                ('parent', models.PositiveIntegerField(blank=True, help_text='Number of the cluster of level 0 around it.', null=True)),
                ('name', models.CharField(help_text='Given by the encoder.', max_length=200)),
                ('given_name', models.CharField(blank=True, help_text='Given by a person; goes before.', max_length=200)),
                ('count', models.PositiveBigIntegerField()),
                ('x', models.FloatField(help_text='Of the caption: a point of the cluster.')),
                ('y', models.FloatField()),
                ('image', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='stands_for', to='search.image')),
                ('projection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='clusters', to='search.projection')),
            ],
            options={
                'ordering': ['level', 'number'],
                'constraints': [models.UniqueConstraint(fields=('projection', 'level', 'number'), name='map_cluster_unique')],
            },
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('dataset', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tags', to='search.dataset')),
                ('usage', models.PositiveBigIntegerField(default=0, help_text='How many images carry it.')),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(models.F('dataset'), django.db.models.functions.text.Lower('name'), name='tag_name_unique')],
            },
        ),
        migrations.CreateModel(
            name='ImageTag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('image', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='search.image')),
                ('tag', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='search.tag')),
                ('confidence', models.FloatField(blank=True, help_text="Of the encoder, 0 to 1; none for a person's.", null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tag', 'image'), name='image_tag_unique')],
            },
        ),
        migrations.AddField(
            model_name='tag',
            name='images',
            field=models.ManyToManyField(related_name='tags', through='search.ImageTag', to='search.image'),
        ),
        migrations.CreateModel(
            name='RejectedTag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('image', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rejected_tags', to='search.image')),
                ('tag', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='search.tag')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tag', 'image'), name='rejected_tag_unique')],
            },
        ),
        migrations.CreateModel(
            name='Vocabulary',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(help_text='A word a line; lines in square brackets are the names of groups.')),
                ('least_confidence', models.FloatField()),
                ('dataset', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='vocabulary', to='search.dataset')),
            ],
            options={
                'verbose_name_plural': 'vocabularies',
            },
        ),
        migrations.CreateModel(
            name='Tagging',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('words', models.CharField(help_text='SHA-256 over vocabulary and least confidence.', max_length=64)),
                ('scales', models.JSONField(default=dict, help_text='By which scores become confidences.')),
                ('vectors', models.BinaryField(default=bytes, help_text='Of the words, in the order of the scales; float16.')),
                ('content', models.CharField(blank=True, help_text='Fingerprint of the index version that is tagged.', max_length=64)),
                ('tagged', models.BinaryField(default=bytes, help_text='Which images, and their contents, have their tags.')),
                ('tagged_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('dataset', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='tagging', to='search.dataset')),
                ('encoder', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='search.encoderrecord')),
            ],
        ),
        migrations.CreateModel(
            name='Collection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('visibility', models.CharField(choices=[('public', 'public: everybody may search in it'), ('private', 'private: its owner and staff')], default='private', max_length=10)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='collections', to=settings.AUTH_USER_MODEL)),
                ('link', models.CharField(blank=True, help_text='The secret part of its public address; none where it has no link.', max_length=64, null=True, unique=True)),
            ],
            options={
                'ordering': ['name', 'id'],
                'constraints': [models.UniqueConstraint(models.F('owner'), django.db.models.functions.text.Lower('name'), name='collection_name_unique')],
            },
        ),
        migrations.CreateModel(
            name='CollectionImage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('collection', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='search.collection')),
                ('image', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='search.image')),
            ],
            options={
                'indexes': [models.Index(fields=['collection', '-id'], name='collection_newest')],
                'constraints': [models.UniqueConstraint(fields=('collection', 'image'), name='collection_image_unique')],
            },
        ),
        migrations.AddField(
            model_name='collection',
            name='images',
            field=models.ManyToManyField(related_name='collections', through='search.CollectionImage', to='search.image'),
        ),
        migrations.CreateModel(
            name='CollectionMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('viewer', 'may look'), ('editor', 'may add and remove images')], default='viewer', max_length=6)),
                ('collection', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='members', to='search.collection')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['person__username'],
                'constraints': [models.UniqueConstraint(fields=('collection', 'person'), name='collection_member_unique')],
            },
        ),
        migrations.CreateModel(
            name='DuplicateScan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('most_distance', models.PositiveSmallIntegerField()),
                ('content', models.CharField(blank=True, help_text='Fingerprint of the index version compared last.', max_length=64)),
                ('compared', models.BinaryField(default=bytes, help_text='Contents whose neighbours are known.')),
                ('preview', models.JSONField(default=list, help_text='Groups and images at each distance.')),
                ('compared_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('dataset', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='duplicate_scan', to='search.dataset')),
                ('encoder', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to='search.encoderrecord')),
            ],
            options={
                'db_table': 'search_comparing',
            },
        ),
        migrations.CreateModel(
            name='NearPair',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first', models.CharField(max_length=64)),
                ('second', models.CharField(max_length=64)),
                ('cosine', models.FloatField(help_text='Similarity of their embeddings.')),
                ('distance', models.PositiveSmallIntegerField(help_text='How many bits of their perceptual hashes differ.')),
                ('dataset', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='search.dataset')),
            ],
            options={
                'indexes': [models.Index(fields=['dataset', 'second'], name='near_pair_second')],
                'constraints': [models.UniqueConstraint(fields=('dataset', 'first', 'second'), name='near_pair_unique')],
            },
        ),
        migrations.CreateModel(
            name='DistinctPair',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first', models.CharField(max_length=64)),
                ('second', models.CharField(max_length=64)),
                ('said_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('dataset', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='search.dataset')),
                ('said_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('dataset', 'first', 'second'), name='distinct_pair_unique')],
            },
        ),
        migrations.CreateModel(
            name='DuplicateMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('exact', models.CharField(blank=True, help_text='Its checksum, where other images have it too.', max_length=64)),
                ('near', models.BigIntegerField(blank=True, help_text='Lowest image id of those that look alike.', null=True)),
                ('place', models.PositiveIntegerField()),
                ('dataset', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='search.dataset')),
                ('image', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='duplicate', to='search.image')),
            ],
            options={
                'indexes': [models.Index(fields=['dataset', 'exact', 'image'], name='duplicate_exact'), models.Index(fields=['dataset', 'near', 'image'], name='duplicate_near')],
            },
        ),
        migrations.CreateModel(
            name='KeptImage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('image', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='kept', to='search.image')),
            ],
        ),
        migrations.CreateModel(
            name='Evaluation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version_number', models.PositiveIntegerField(help_text='Stays when the version is pruned.')),
                ('encoder_name', models.CharField(max_length=400)),
                ('source', models.CharField(help_text='The file or folder of the captions.', max_length=200)),
                ('figures', models.JSONField()),
                ('failures', models.JSONField(default=list, help_text='Texts whose images stood furthest down.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('dataset', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='evaluations', to='search.dataset')),
                ('version', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='evaluations', to='search.indexversion')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='SavedSearch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('query', models.TextField(help_text='The normalised query string of the search page.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='saved_searches', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'saved searches',
                'ordering': ['name', 'id'],
                'constraints': [models.UniqueConstraint(models.F('owner'), django.db.models.functions.text.Lower('name'), name='saved_search_name_unique')],
            },
        ),
        migrations.CreateModel(
            name='RecentSearch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('query', models.TextField(help_text='The normalised query string of the search page.')),
                ('fingerprint', models.CharField(help_text='SHA-256 of the query, hexadecimal.', max_length=64)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('owner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='recent_searches', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'recent searches',
                'ordering': ['-asked_at', '-id'],
                'indexes': [models.Index(fields=['owner', '-asked_at', '-id'], name='recent_search_newest')],
                'constraints': [models.UniqueConstraint(fields=('owner', 'fingerprint'), name='recent_search_unique')],
            },
        ),
        migrations.CreateModel(
            name='NoHistory',
            fields=[
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='no_history', serialize=False, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'people without history',
            },
        ),
        migrations.CreateModel(
            name='ServingProcess',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200, unique=True)),
                ('versions', models.JSONField(default=dict)),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('seen_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
            ],
            options={
                'verbose_name_plural': 'serving processes',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='What it is for.', max_length=100)),
                ('digest', models.CharField(help_text='SHA-256 of the secret, hexadecimal.', max_length=64, unique=True)),
                ('start', models.CharField(help_text='How the secret begins, to tell tokens apart.', max_length=12)),
                ('scopes', models.JSONField(default=list)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('last_used_at', models.DateTimeField(blank=True, help_text='To within ten minutes.', null=True)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_tokens', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'API token',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='DatasetRole',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('viewer', 'may look and search'), ('editor', 'may also tag, name clusters and decide on copies'), ('owner', 'may also index, draw maps and share')], default='viewer', max_length=6)),
                ('dataset', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='roles', to='search.dataset')),
                ('group', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='dataset_roles', to='auth.group')),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='dataset_roles', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['group__name', 'person__username'],
                'constraints': [models.CheckConstraint(condition=models.Q(('person__isnull', True), ('group__isnull', True), _connector='XOR'), name='dataset_role_of_one', violation_error_message='Name a person or a group: one of the two.'), models.UniqueConstraint(fields=('dataset', 'person'), name='dataset_role_person_unique'), models.UniqueConstraint(fields=('dataset', 'group'), name='dataset_role_group_unique')],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(help_text='SHA-256 of the secret, hexadecimal.', max_length=64, unique=True)),
                ('email', models.EmailField(blank=True, help_text='Whom it was sent to; empty for a link that is handed on.', max_length=254)),
                ('role', models.CharField(choices=[('viewer', 'may look and search'), ('editor', 'may also tag, name clusters and decide on copies'), ('owner', 'may also index, draw maps and share')], default='viewer', max_length=6)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('accepted_at', models.DateTimeField(blank=True, null=True)),
                ('accepted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='invitations_accepted', to=settings.AUTH_USER_MODEL)),
                ('dataset', models.ForeignKey(blank=True, help_text='Where the person gets a role.', null=True, on_delete=django.db.models.deletion.SET_NULL, to='search.dataset')),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='invitations_made', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='DatasetUsage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('images', models.PositiveBigIntegerField(default=0)),
                ('originals', models.PositiveBigIntegerField(default=0, help_text='Bytes, wherever they lie.')),
                ('derivatives', models.PositiveBigIntegerField(default=0, help_text='Bytes.')),
                ('embeddings', models.PositiveBigIntegerField(default=0, help_text='Bytes of vectors in the database.')),
                ('indexes', models.PositiveBigIntegerField(default=0, help_text='Bytes, of all versions that are kept.')),
                ('maps', models.PositiveBigIntegerField(default=0, help_text='Bytes.')),
                ('measured_at', models.DateTimeField(blank=True, null=True)),
                ('index_check', models.TextField(blank=True, db_column='agreement', help_text='How index and database differed when last compared.')),
                ('compared_at', models.DateTimeField(blank=True, null=True)),
                ('dataset', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='usage', to='search.dataset')),
            ],
            options={
                'verbose_name': 'dataset usage',
                'verbose_name_plural': 'dataset usage',
                'db_table': 'search_upkeep',
            },
        ),
    ]
