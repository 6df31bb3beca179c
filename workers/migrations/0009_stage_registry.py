from django.db import migrations, models

import workers.registry


def mark_replanned(apps, schema_editor):
    """Marks the active runs that planned lost images a second time, which only a line of their log told until now."""
    alias = schema_editor.connection.alias
    events = apps.get_model('workers', 'RunEvent').objects.using(alias)
    planned_again = events.filter(level='error', text__endswith='They are planned again.', run__state='active')
    apps.get_model('workers', 'Run').objects.using(alias).filter(pk__in=planned_again.values('run')).update(replanned=True)


def stage_field():
    # A function instead of a list: stages are registered when the site starts, and a new one needs no migration.
    return models.CharField(choices=workers.registry.stage_choices, max_length=8)


class Migration(migrations.Migration):

    dependencies = [
        ('workers', '0008_waits_for_room'),
    ]

    operations = [
        # New names for the code alone: each pair of operations leaves the column as it is.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameField(model_name='run', old_name='holds', new_name='stage_only'),
                migrations.AlterField(
                    model_name='run',
                    name='stage_only',
                    field=models.BooleanField(db_column='holds', default=False, help_text='Whether the version that it builds waits for a look instead of going live.'),
                ),
                migrations.RenameField(model_name='run', old_name='waits_for_room', new_name='waits_for_disk_space'),
                migrations.AlterField(
                    model_name='run',
                    name='waits_for_disk_space',
                    field=models.BooleanField(db_column='waits_for_room', default=False, help_text='Whether it is paused because a disk is full, and goes on once there is room.'),
                ),
                migrations.RenameField(model_name='batch', old_name='deaths', new_name='worker_losses'),
                migrations.AlterField(
                    model_name='batch',
                    name='worker_losses',
                    field=models.PositiveSmallIntegerField(db_column='deaths', default=0, help_text='How many workers were lost while they had it.'),
                ),
                migrations.AlterField(model_name='batch', name='stage', field=stage_field()),
                migrations.AlterField(model_name='imagefailure', name='stage', field=stage_field()),
                migrations.AlterField(model_name='stageprogress', name='stage', field=stage_field()),
            ],
        ),
        migrations.AddField(
            model_name='run',
            name='replanned',
            field=models.BooleanField(default=False, help_text='Whether images that were lost on the way were planned once more; never twice.'),
        ),
        migrations.RunPython(mark_replanned, migrations.RunPython.noop),
    ]
