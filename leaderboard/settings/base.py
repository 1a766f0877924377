"""What every deployment shares. Values that differ come from `env`."""

from pathlib import Path

from leaderboard.settings import env

VAR = env.var()
SECRET_KEY = env.secret_key(VAR)
ALLOWED_HOSTS = env.listing("ASSAY_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.listing("ASSAY_TRUSTED_ORIGINS")
DEBUG = False

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "evaluations",
    "leaderboard",
    "workers",
]
MIDDLEWARE = [
    "leaderboard.pages.stored.StoredPagesMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "leaderboard.pages.security.ContentSecurityPolicyMiddleware",
    "leaderboard.api.middleware.ApiMiddleware",
]
ROOT_URLCONF = "leaderboard.urls"
WSGI_APPLICATION = "leaderboard.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": env.database(VAR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "boards"
LOGOUT_REDIRECT_URL = "boards"

LANGUAGE_CODE = "en"
#: Each under its own name. `make lint` sees to it that their catalogues are complete: a page half
#: in another language helps nobody.
LANGUAGES = [
    ("en", "English"),
    ("fr", "Français"),
    ("sw", "Kiswahili"),
    ("pt-br", "Português (Brasil)"),
    ("es", "Español"),
    ("ar", "العربية"),
]
LOCALE_PATHS = [Path(__file__).resolve().parents[1] / "locale"]
#: What Django lacks of how numbers are written.
FORMAT_MODULE_PATH = "leaderboard.formats"
#: A choice of language is remembered for a year.
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

#: Counts requests for the limits; several web processes need one that they share.
CACHES = {"default": env.cache()}

CELERY_BROKER_URL = env.text("ASSAY_BROKER_URL", "doorbell://")
CELERY_DOORBELL = VAR / "doorbell"

#: Where artefacts lie: bundles, models, packs, answers; each under its SHA-256.
ASSAY_STORE_URL = env.text("ASSAY_STORE_URL", (VAR / "artifacts").as_uri())
#: The keys that this process signs with; None if another one of the site's has them.
ASSAY_KEYS = env.keys(VAR)
#: Whether they are made on first use; where an operator names a folder, `manage.py keys` does it.
ASSAY_KEYS_OWN = not env.text("ASSAY_KEYS")
#: The log's name, for good: verifiers pin it with the first result that they see.
ASSAY_ORIGIN = env.origin()
#: The hub that models and datasets come from; the variable is the hub client's own.
HUB_ENDPOINT = env.text("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
#: The operator's token for what is gated. It only ever goes to the hub, in a header.
ASSAY_HUB_TOKEN = env.text("ASSAY_HUB_TOKEN")
#: Models with more bytes than this are refused, 10^9 bytes each.
ASSAY_MODEL_GB = env.whole("ASSAY_MODEL_GB", 40)
#: What this host's workers keep of models that nothing uses just now.
ASSAY_MODEL_CACHE_GB = env.whole("ASSAY_MODEL_CACHE_GB", 100)
#: A worker that says nothing for so long has lost its work to the next one.
ASSAY_LEASE_SECONDS = env.whole("ASSAY_LEASE_SECONDS", 90)
#: How often a worker renews its lease, and the scheduler rings.
ASSAY_HEARTBEAT_SECONDS = env.whole("ASSAY_HEARTBEAT_SECONDS", 5)
env.below("ASSAY_HEARTBEAT_SECONDS", ASSAY_HEARTBEAT_SECONDS, ASSAY_LEASE_SECONDS)
ASSAY_SWEEP_SECONDS = env.whole("ASSAY_SWEEP_SECONDS", 30)
#: Torch's threads in a runner; 0 leaves torch's own choice, which a stock run has too.
ASSAY_THREADS = env.whole("ASSAY_THREADS", 0, least=0)
#: Answers are kept so often inside a unit: the work that a worker's end costs at most.
ASSAY_RECORD_SECONDS = env.whole("ASSAY_RECORD_SECONDS", 30)
#: A runner that gives no sign of life for so long is ended.
ASSAY_STALL_SECONDS = env.whole("ASSAY_STALL_SECONDS", 900)
#: A run gets so many hours of workers.
ASSAY_TIME_LIMIT_HOURS = env.whole("ASSAY_TIME_LIMIT_HOURS", 72)
#: What a worker's runs may take of its machine's memory, 10^9 bytes each; 0 is all there is.
ASSAY_WORKER_MEMORY_GB = env.whole("ASSAY_WORKER_MEMORY_GB", 0, least=0)
#: Whether this machine's workers reach the hub.
ASSAY_WORKER_NETWORK = env.switch("ASSAY_WORKER_NETWORK", default=True)
#: Whether tasks may run code that a model wrote, inside the sandbox.
ASSAY_UNSAFE_CODE = env.switch("ASSAY_UNSAFE_CODE", default=False)
#: Whether runners are confined by bubblewrap: where it works, in any case, or not at all.
ASSAY_SANDBOX = env.choice("ASSAY_SANDBOX", "auto", ("auto", "require", "off"))
#: Whether workers count the energy of a run.
ASSAY_ENERGY = env.choice("ASSAY_ENERGY", "auto", ("auto", "off"))
#: Submissions that one person may have waiting or running.
ASSAY_OPEN_SUBMISSIONS = env.whole("ASSAY_OPEN_SUBMISSIONS", 20)
#: Requests of the API that one token or address may make in a minute; 0 sets no limit.
ASSAY_RATE_READ = env.whole("ASSAY_RATE_READ", 1200, least=0)
ASSAY_RATE_WRITE = env.whole("ASSAY_RATE_WRITE", 60, least=0)
#: Proxies between readers and this site, each of which appends to X-Forwarded-For.
ASSAY_PROXIES = env.whole("ASSAY_PROXIES", 0, least=0)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    # They log every request that they make; one that succeeds is no news, and the addresses of a
    # hub's storage carry signatures that open what is gated.
    "loggers": {name: {"level": "WARNING"} for name in ("httpx", "httpx2")},
    "root": {"handlers": ["stderr"], "level": env.text("ASSAY_LOG_LEVEL", "INFO")},
}
