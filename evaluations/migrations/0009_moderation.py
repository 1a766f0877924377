import django.db.models.deletion
import evaluations.enums
import evaluations.models.identifiers
from django.conf import settings
from django.db import migrations, models

from evaluations.append_only import Rule, turn_off, turn_on

RULES = [
    Rule("assay_moderation_unchanged", "evaluations_moderationact", "UPDATE",
         "An act of moderation can not be changed."),
    Rule("assay_moderation_kept", "evaluations_moderationact", "DELETE",
         "An act of moderation can not be deleted."),
]


def on(_apps, schema_editor):
    turn_on(RULES, schema_editor)


def off(_apps, schema_editor):
    turn_off(RULES, schema_editor)


class Migration(migrations.Migration):

    dependencies = [
        ('evaluations', '0008_standings'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ModerationAct',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=evaluations.models.identifiers.new_public_id, editable=False, max_length=10, unique=True)),
                ('act', models.CharField(choices=[('dispute', 'dispute'), ('answer', 'answer'), ('remove', 'remove'), ('restore', 'restore')], max_length=8)),
                ('outcome', models.CharField(blank=True, choices=[('open', 'open'), ('upheld', 'upheld'), ('corrected', 'corrected'), ('dismissed', 'dismissed')], max_length=9)),
                ('reason', models.TextField()),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('answers', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='answer', to='evaluations.moderationact')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='acts', to=settings.AUTH_USER_MODEL)),
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='act', to='evaluations.logentry')),
                ('result', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='acts', to='evaluations.result')),
            ],
            options={
                'ordering': ('pk',),
            },
        ),
        migrations.RemoveConstraint(
            model_name='submission',
            name='one_standing_submission',
        ),
        migrations.AlterField(
            model_name='submission',
            name='state',
            field=models.CharField(choices=[('queued', 'queued'), ('fetching', 'fetching'), ('planning', 'planning'), ('smoke', 'smoke'), ('running', 'running'), ('scoring', 'scoring'), ('publishing', 'publishing'), ('published', 'published'), ('failed', 'failed'), ('cancelled', 'cancelled'), ('withdrawn', 'withdrawn'), ('superseded', 'superseded'), ('unchanged', 'unchanged'), ('removed', 'removed')], default=evaluations.enums.SubmissionState['QUEUED'], max_length=12),
        ),
        migrations.AlterField(
            model_name='submissionevent',
            name='state',
            field=models.CharField(choices=[('queued', 'queued'), ('fetching', 'fetching'), ('planning', 'planning'), ('smoke', 'smoke'), ('running', 'running'), ('scoring', 'scoring'), ('publishing', 'publishing'), ('published', 'published'), ('failed', 'failed'), ('cancelled', 'cancelled'), ('withdrawn', 'withdrawn'), ('superseded', 'superseded'), ('unchanged', 'unchanged'), ('removed', 'removed')], max_length=12),
        ),
        migrations.AddIndex(
            model_name='logentry',
            index=models.Index(condition=models.Q(('kind__in', ['key', 'moderation', 'retract', 'supersede'])), fields=['-id'], name='log_governance'),
        ),
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.UniqueConstraint(condition=models.Q(('rescores', None), ('state__in', [evaluations.enums.SubmissionState['FETCHING'], evaluations.enums.SubmissionState['PLANNING'], evaluations.enums.SubmissionState['PUBLISHED'], evaluations.enums.SubmissionState['PUBLISHING'], evaluations.enums.SubmissionState['QUEUED'], evaluations.enums.SubmissionState['REMOVED'], evaluations.enums.SubmissionState['RUNNING'], evaluations.enums.SubmissionState['SCORING'], evaluations.enums.SubmissionState['SMOKE']])), fields=('revision', 'board', 'suite', 'precision', 'chat_template'), name='one_standing_submission'),
        ),
        migrations.AddConstraint(
            model_name='moderationact',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('act', evaluations.enums.Act['ANSWER']), ('answers__isnull', False), models.Q(('outcome', ''), _negated=True)), models.Q(models.Q(('act', evaluations.enums.Act['ANSWER']), _negated=True), ('answers', None), ('outcome', '')), _connector='OR'), name='answers_and_nothing_else_have_an_outcome'),
        ),
        migrations.RunPython(on, off),
    ]
