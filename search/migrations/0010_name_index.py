"""The index over image names, which only SQL can describe. It is made again where a later migration loses it."""

from django.db import migrations

from search.models.name_index import keep_name_index


class Migration(migrations.Migration):

    dependencies = [
        ("search", "0009_tags_and_duplicates"),
    ]

    operations = [
        # A new database gets the index after its migrations, from search.apps.
        migrations.RunPython(
            lambda apps, editor: keep_name_index(editor.connection), migrations.RunPython.noop, elidable=True
        ),
    ]
