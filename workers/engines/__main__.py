"""lm-eval's own command line, with our engine beside its models: `python -m workers.engines run …`.

lm-eval 0.4.13 looks for no plug-ins, so somebody has to import the engine first.
"""

from lm_eval.__main__ import cli_evaluate

import workers.engines  # noqa: F401  registers it

if __name__ == "__main__":
    cli_evaluate()
