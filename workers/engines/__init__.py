"""Engines: what turns a request into an answer. Each is an lm-eval model class, loaded by name."""
