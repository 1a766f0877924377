from importlib import import_module

from django.db import migrations, models

from evaluations.card import read_metadata

_append_only = import_module("evaluations.migrations.0003_append_only")


def read_cards(apps, schema_editor):
    """Read the cards that were stored before their metadata were."""
    alias = schema_editor.connection.alias
    revisions = apps.get_model("evaluations", "Revision").objects.using(alias)
    for found in revisions.exclude(card="").only("card").iterator(chunk_size=50):
        found.metadata = read_metadata(found.card).as_json()
        found.save(update_fields=["metadata"])


class Migration(migrations.Migration):

    dependencies = [
        ('evaluations', '0009_moderation'),
    ]

    operations = [
        migrations.RunPython(_append_only.off, _append_only.on),
        migrations.AddField(
            model_name='revision',
            name='metadata',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name='benchmark',
            name='citation',
            field=models.TextField(blank=True, default=''),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='benchmark',
            name='canary',
            field=models.TextField(blank=True, default=''),
            preserve_default=False,
        ),
        migrations.RunPython(_append_only.on, _append_only.off),
        migrations.RunPython(read_cards, migrations.RunPython.noop),
    ]
