"""Engines: what turns a request into an answer. Each is an lm-eval model class, loaded by name.

Importing this package makes lm-eval know `assay`, beside its own names; the class is read when it
is asked for.
"""

import lm_eval.models  # noqa: F401  lm-eval's own names
from lm_eval.api.registry import model_registry

if "assay" not in model_registry:
    model_registry.register("assay", target="workers.engines.assay.model:AssayLM")
