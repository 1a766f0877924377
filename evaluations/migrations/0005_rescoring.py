from importlib import import_module

import django.db.models.deletion
import evaluations.enums
from django.db import migrations, models
from django.db.models import OuterRef, Subquery

_append_only = import_module("evaluations.migrations.0003_append_only")


def name_suites(apps, schema_editor):
    """What was submitted before is measured by its board's suite: no board could change it."""
    alias = schema_editor.connection.alias
    boards = apps.get_model("evaluations", "Board").objects.using(alias)
    theirs = boards.filter(pk=OuterRef("board")).values("suite")
    submissions = apps.get_model("evaluations", "Submission").objects.using(alias)
    submissions.update(suite=Subquery(theirs))


class Migration(migrations.Migration):

    dependencies = [('evaluations', '0004_execution')]

    operations = [
        migrations.RunPython(_append_only.off, _append_only.on),
        migrations.RemoveConstraint(
            model_name='submission',
            name='one_standing_submission',
        ),
        migrations.AddField(
            model_name='submission',
            name='suite',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='evaluations.suite'),
        ),
        migrations.RunPython(name_suites, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='submission',
            name='suite',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to='evaluations.suite'),
        ),
        migrations.AlterField(
            model_name='submission',
            name='state',
            field=models.CharField(choices=[('queued', 'queued'), ('fetching', 'fetching'), ('planning', 'planning'), ('smoke', 'smoke'), ('running', 'running'), ('scoring', 'scoring'), ('publishing', 'publishing'), ('published', 'published'), ('failed', 'failed'), ('cancelled', 'cancelled'), ('withdrawn', 'withdrawn'), ('superseded', 'superseded'), ('unchanged', 'unchanged')], default=evaluations.enums.SubmissionState['QUEUED'], max_length=12),
        ),
        migrations.AlterField(
            model_name='submissionevent',
            name='state',
            field=models.CharField(choices=[('queued', 'queued'), ('fetching', 'fetching'), ('planning', 'planning'), ('smoke', 'smoke'), ('running', 'running'), ('scoring', 'scoring'), ('publishing', 'publishing'), ('published', 'published'), ('failed', 'failed'), ('cancelled', 'cancelled'), ('withdrawn', 'withdrawn'), ('superseded', 'superseded'), ('unchanged', 'unchanged')], max_length=12),
        ),
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.UniqueConstraint(condition=models.Q(('rescores', None), ('state__in', [evaluations.enums.SubmissionState['FETCHING'], evaluations.enums.SubmissionState['PLANNING'], evaluations.enums.SubmissionState['PUBLISHED'], evaluations.enums.SubmissionState['PUBLISHING'], evaluations.enums.SubmissionState['QUEUED'], evaluations.enums.SubmissionState['RUNNING'], evaluations.enums.SubmissionState['SCORING'], evaluations.enums.SubmissionState['SMOKE']])), fields=('revision', 'board', 'suite', 'precision', 'chat_template'), name='one_standing_submission'),
        ),
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', [evaluations.enums.SubmissionState['FETCHING'], evaluations.enums.SubmissionState['PLANNING'], evaluations.enums.SubmissionState['PUBLISHING'], evaluations.enums.SubmissionState['QUEUED'], evaluations.enums.SubmissionState['RUNNING'], evaluations.enums.SubmissionState['SCORING'], evaluations.enums.SubmissionState['SMOKE']])), fields=('rescores',), name='one_open_rescoring'),
        ),
        migrations.RunPython(_append_only.on, _append_only.off),
    ]
