"""For tests: state in a folder of their own, cheap passwords, no manifest of static files."""

import os
import tempfile

# Before `base` reads it: a test must never touch the state of a site on this machine.
os.environ.setdefault("ASSAY_VAR", tempfile.mkdtemp(prefix="assay-test-"))
os.environ.setdefault("ASSAY_SECRET_KEY", "only for tests")
# The library takes a second or two to look at the machine; the meter's own tests turn it on.
os.environ.setdefault("ASSAY_ENERGY", "off")

from leaderboard.settings.base import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
# A file, as a real site has: SQLite in memory locks in another way, and never waits.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": str(VAR / "test.sqlite3")}  # noqa: F405
# Tests ask for more in a minute than a reader may; those of the limits set their own.
ASSAY_RATE_READ = ASSAY_RATE_WRITE = 0
