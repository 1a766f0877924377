"""The Celery process stays light: torch and lm-eval belong to the runner."""

import subprocess
import sys


def test_celery_process_imports_neither_torch_nor_lm_eval() -> None:
    program = (
        "import sys, leaderboard.wsgi, leaderboard.celery, workers.tasks;"
        "print(sorted({'torch', 'lm_eval', 'transformers', 'datasets'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_web_process_rings_at_the_configured_broker() -> None:
    program = (
        "import leaderboard.wsgi; from celery import current_app;"
        "print(current_app.main, current_app.connection().as_uri())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.startswith("assay ")
    assert "amqp" not in done.stdout
