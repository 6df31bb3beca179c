import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    # Apart from the migration that fills the rows: PostgreSQL alters no table whose rows were changed in the same commit.

    dependencies = [
        ('workers', '0002_ledger'),
    ]

    operations = [
        migrations.AlterField(
            model_name='imagefailure',
            name='dataset',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='failures', to='search.dataset'),
        ),
        migrations.AddIndex(
            model_name='imagefailure',
            index=models.Index(fields=['dataset', 'state', 'id'], name='failure_state'),
        ),
        migrations.AddConstraint(
            model_name='imagefailure',
            constraint=models.UniqueConstraint(fields=('dataset', 'name'), name='failure_unique'),
        ),
    ]
