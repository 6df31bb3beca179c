from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('search', '0014_upkeep'),
    ]

    operations = [
        migrations.AddField(
            model_name='dataset',
            name='bucket',
            field=models.CharField(blank=True, default='', editable=False, help_text='The bucket that has all its derivatives and uploaded originals, besides the data folder.', max_length=1200),
            preserve_default=False,
        ),
    ]
