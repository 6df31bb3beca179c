"""All settings in one place, read from `CLIPSITE_*` variables; imports nothing of the applications."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import django_stubs_ext

from clipsite.config import env, logs
from clipsite.config.accounts import *  # noqa: F403
from clipsite.config.accounts import ACCOUNT_APPS
from clipsite.config.celery_schedule import *  # noqa: F403
from clipsite.config.installation import ASSETS_DIR, BASE_DIR, COMMAND, IS_INSTALLED, START  # noqa: F401

django_stubs_ext.monkeypatch()  # lets ModelAdmin[Dataset] and the like be written at run time

# --- State: everything that a restart must find again lies below this folder ------------------------------------------
DATA_DIR = env.read_path("DATA_DIR", Path.cwd() / "var")
ORIGINALS_DIR = DATA_DIR / "originals"
DERIVATIVES_DIR = DATA_DIR / "derivatives"
INDEXES_DIR = DATA_DIR / "indexes"
PROJECTIONS_DIR = DATA_DIR / "projections"
MODELS_DIR = DATA_DIR / "models"
SAMPLES_DIR = DATA_DIR / "samples"
QUERY_PICTURES_DIR = DATA_DIR / "query_pictures"
MAP_CACHE_DIR = DATA_DIR / "map_cache"
LOGS_DIR = DATA_DIR / "logs"

# A bucket that holds derivatives and uploaded originals besides these folders; without one they lie there alone.
OBJECTS = env.read_bucket("OBJECTS")

# --- Core -------------------------------------------------------------------------------------------------------------
DEBUG = env.read_flag("DEBUG", False)
SECRET_KEY = env.read_secret("SECRET_KEY", DATA_DIR / "secret_key")
ALLOWED_HOSTS = env.read_hosts("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.read_origins("CSRF_TRUSTED_ORIGINS")
HOST = env.read_text("HOST", "127.0.0.1")
PORT = env.read_number("PORT", 8000, low=1, high=65535)
HTTPS = env.read_flag("HTTPS", False)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 11_000  # a selection has a field for each of its images, 10,000 at most
LOG_LEVEL = env.read_choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOG_FORMAT = env.read_choice("LOG_FORMAT", "line", ("line", "json"))

INSTALLED_APPS = [
    "clipsite.server.admin_config.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "csp",
    "django_celery_beat",
    *ACCOUNT_APPS,
    "search",
    "workers",
    "clipsite",
]
MIDDLEWARE = [
    # The outermost, so that lines of all others carry the id of the request.
    "clipsite.web.site.requests.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "clipsite.api.middleware.ApiMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "clipsite.web.accounts.sessions.SessionsMiddleware",
    "clipsite.web.accounts.second_factor.SecondFactorMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "clipsite.web.site.errors.UserErrorMiddleware",
    # django-axes asks to be the last.
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "clipsite.server.urls"
ASGI_APPLICATION = "clipsite.server.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ASSETS_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "libraries": {
                "hit_rows": "clipsite.web.search.hit_rows",
                "preloads": "clipsite.web.site.preloads",
                "shapes": "clipsite.web.images.aspect_classes",
            },
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "clipsite.web.accounts.account.site_offers",
                "clipsite.web.site.program.program",
            ],
        },
    },
    {"NAME": "jinja2", "BACKEND": "django.template.backends.jinja2.Jinja2", "DIRS": [ASSETS_DIR / "templates/jinja2"]},
]

# --- Database ---------------------------------------------------------------------------------------------------------
DATABASES = {"default": env.read_database("DATABASE_URL", f"sqlite:///{quote(str(DATA_DIR / 'clipsite.sqlite3'))}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE takes the write lock at BEGIN, where SQLite honours `timeout`; a later upgrade would fail at once.
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=30000;",
    }
# Threads of the web process stay (clipsite/server/handler.py), and so do their connections.
DATABASES["default"] |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Valkey: broker, channel layer and cache --------------------------------------------------------------------------
REDIS_PORT = env.read_number("REDIS_PORT", 6390, low=1, high=65535)
_EXTERNAL_REDIS_URL = env.read_redis_url("REDIS_URL")
EMBEDDED_VALKEY = not _EXTERNAL_REDIS_URL
VALKEY_DIR = DATA_DIR / "valkey"
VALKEY_PASSWORD = env.read_secret("REDIS_PASSWORD", VALKEY_DIR / "password") if EMBEDDED_VALKEY else ""
REDIS_URL = _EXTERNAL_REDIS_URL or f"redis://:{quote(VALKEY_PASSWORD, safe='')}@127.0.0.1:{REDIS_PORT}/0"
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        # Without a socket timeout of redis-py's own: a socket waits for as long as nothing happens.
        "CONFIG": {
            "hosts": [{"address": REDIS_URL, "socket_timeout": None}],
            "capacity": 2000,
            "prefix": "clipsite",
            "group_expiry": 7 * 86_400,
        },
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "clipsite",
    }
}

# --- Celery, beside clipsite/config/celery_schedule.py ----------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CPU_WORKERS = env.read_number("CPU_WORKERS", 2, low=1, high=256)

# --- Indexes ----------------------------------------------------------------------------------------------------------
# `faiss`, or the address of a Milvus, which many machines share.
VECTORS = env.read_vectors("VECTORS", "faiss")
INDEX_RECALL = env.read_number("INDEX_RECALL_PERCENT", 98, low=50, high=100) / 100

# --- Images and encoders ----------------------------------------------------------------------------------------------
IMAGE_ROOTS = env.read_folders("IMAGE_ROOTS")
ENCODER = env.read_text("ENCODER", "auto")
COMPILE = env.read_flag("COMPILE", False)
BATCH_SIZE = env.read_number("BATCH_SIZE", 64, low=1, high=4096)
MAX_IMAGE_MEGAPIXELS = env.read_number("MAX_IMAGE_MEGAPIXELS", 150, low=1, high=2000)
MAX_UPLOAD_MB = env.read_number("MAX_UPLOAD_MB", 2048, low=1, high=1_000_000)
# Networks of one's own from whose servers people may fetch pictures to search with; all public ones are allowed.
FETCH_NETWORKS = env.read_networks("FETCH_NETWORKS")
# Uploads are streamed to disk by Django above 2.5 MB a file; the number of files in one form is what needs room.
DATA_UPLOAD_MAX_NUMBER_FILES = 10_000

# --- Sign-in ----------------------------------------------------------------------------------------------------------
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# --- How often people and programs may ask; 0 is without limit --------------------------------------------------------
API_PER_MINUTE = env.read_number("API_PER_MINUTE", 1200, low=0, high=1_000_000)
ANONYMOUS_PER_MINUTE = env.read_number("ANONYMOUS_PER_MINUTE", 120, low=0, high=1_000_000)
SEARCHES_PER_MINUTE = env.read_number("SEARCHES_PER_MINUTE", 1200, low=0, high=1_000_000)
# How many proxies of ours stand before the site; each adds an address to X-Forwarded-For.
PROXIES = env.read_number("PROXIES", 0, low=0, high=9)

# --- Operations -------------------------------------------------------------------------------------------------------
# Who may read /metrics: these addresses, and whoever has the token. Neither set: nobody.
METRICS_NETWORKS = env.read_networks("METRICS_NETWORKS")
METRICS_TOKEN = env.read_optional_secret("METRICS_TOKEN")
# Whether a proxy of ours sends files in the site's place when told to by X-Accel-Redirect (deploy/nginx).
ACCEL = env.read_flag("ACCEL", False)

# --- Security headers -------------------------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
# Other hosts of the domain are not ours to bind to HTTPS, nor is the browsers' preload list.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
# Health checks and scrapes come by plain HTTP, past the proxy (clipsite/server/health.py).
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = HTTPS
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        # Addresses of pictures lead on to the bucket.
        **({"img-src": ["'self'", OBJECTS.origin]} if OBJECTS else {}),
    }
}

# --- Language, time, static files -------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
TIME_ZONE = env.read_time_zone("TIME_ZONE", "UTC")
CELERY_TIMEZONE = TIME_ZONE
USE_TZ = True
USE_I18N = False
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
# An installed package carries them in the folder of the application `clipsite`, where Django looks by itself.
STATICFILES_DIRS = [] if IS_INSTALLED else [ASSETS_DIR / "static"]
STORAGES = {
    "staticfiles": {"BACKEND": "clipsite.config.staticfiles.ModuleAwareStaticFilesStorage"},
}

LOGGING = logs.configuration(LOG_LEVEL, LOG_FORMAT)
_DATABASE_PASSWORD = str(DATABASES["default"].get("PASSWORD") or "")
logs.hide(SECRET_KEY, VALKEY_PASSWORD, METRICS_TOKEN, _DATABASE_PASSWORD, OBJECTS.secret if OBJECTS else "")
