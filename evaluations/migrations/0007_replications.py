import django.db.models.deletion
import evaluations.models.identifiers
from django.conf import settings
from django.db import migrations, models

from evaluations.append_only import Rule, turn_off, turn_on

RULES = [
    Rule("assay_replication_unchanged", "evaluations_replication", "UPDATE",
         "A replication can not be changed."),
    Rule("assay_replication_kept", "evaluations_replication", "DELETE",
         "A replication can not be deleted."),
]


def on(_apps, schema_editor):
    turn_on(RULES, schema_editor)


def off(_apps, schema_editor):
    turn_off(RULES, schema_editor)


class Migration(migrations.Migration):

    dependencies = [
        ('evaluations', '0006_log'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Replication',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=evaluations.models.identifiers.new_public_id, editable=False, max_length=10, unique=True)),
                ('verdict', models.CharField(choices=[('R0', 'R0'), ('R1', 'R1'), ('R2', 'R2'), ('diverged', 'diverged')], max_length=8)),
                ('documents', models.PositiveIntegerField(null=True)),
                ('keyid', models.CharField(max_length=64)),
                ('bundle_sha256', models.CharField(max_length=64)),
                ('bundle_size', models.PositiveBigIntegerField()),
                ('manifest_sha256', models.CharField(max_length=64, unique=True)),
                ('statement', models.JSONField()),
                ('comparison', models.JSONField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='replications', to=settings.AUTH_USER_MODEL)),
                ('result', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='replications', to='evaluations.result')),
            ],
            options={
                'ordering': ('-created_at', '-pk'),
            },
        ),
        migrations.RunPython(on, off),
    ]
