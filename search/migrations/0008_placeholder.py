from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('search', '0007_api_tokens'),
    ]

    operations = [
        migrations.AddField(
            model_name='image',
            name='placeholder',
            field=models.CharField(blank=True, help_text='What stands for it until it has arrived: a ThumbHash, base64.', max_length=40, default=''),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('placeholder', ''), ('state', 'ready')), fields=['dataset', 'id'], name='image_no_placeholder'),
        ),
    ]
