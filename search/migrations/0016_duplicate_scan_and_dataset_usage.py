import django.db.models.deletion
from django.db import migrations, models

_RENAMED = (
    ('comparing', 'comparing', 'duplicatescan', 'duplicate scan'),
    ('upkeep', 'upkeep', 'datasetusage', 'dataset usage'),
)
_ACTIONS = ('add', 'change', 'delete', 'view')


def rename_permissions(apps, schema_editor):
    """Renames the permissions of both models. Django renames their content types itself, right after RenameModel."""
    for old, _, new, words in _RENAMED:
        _rename(apps, schema_editor, new, old, new, words)


def restore_permissions(apps, schema_editor):
    for old, words, new, _ in _RENAMED:
        _rename(apps, schema_editor, new, new, old, words)


def _rename(apps, schema_editor, model, old, new, words):
    """Renames rows instead of leaving Django to add new ones, so that people and groups keep what they were given."""
    permissions = apps.get_model('auth', 'Permission').objects.using(schema_editor.connection.alias)
    of_model = permissions.filter(content_type__app_label='search', content_type__model=model)
    for action in _ACTIONS:
        of_model.filter(codename=f'{action}_{old}').update(codename=f'{action}_{new}', name=f'Can {action} {words}')


class Migration(migrations.Migration):
    """Gives two models the names of what they hold. Tables and columns keep theirs, so no row is touched."""

    dependencies = [
        ('contenttypes', '0002_remove_content_type_name'),
        ('auth', '0012_alter_user_first_name_max_length'),
        ('search', '0015_objects'),
    ]

    operations = [
        # The tables first: a model that names its table is renamed without it.
        migrations.AlterModelTable(name='comparing', table='search_comparing'),
        migrations.AlterModelTable(name='upkeep', table='search_upkeep'),
        migrations.AlterField(
            model_name='upkeep',
            name='agreement',
            field=models.TextField(blank=True, db_column='agreement', help_text='How index and database differed when last compared.'),
        ),
        migrations.RenameField(model_name='upkeep', old_name='agreement', new_name='index_check'),
        migrations.RenameModel(old_name='Comparing', new_name='DuplicateScan'),
        migrations.RenameModel(old_name='Upkeep', new_name='DatasetUsage'),
        migrations.AlterModelOptions(
            name='datasetusage',
            options={'verbose_name': 'dataset usage', 'verbose_name_plural': 'dataset usage'},
        ),
        migrations.AlterField(
            model_name='duplicatescan',
            name='dataset',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='duplicate_scan', to='search.dataset'),
        ),
        migrations.AlterField(
            model_name='datasetusage',
            name='dataset',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='usage', to='search.dataset'),
        ),
        migrations.RunPython(rename_permissions, restore_permissions),
    ]
