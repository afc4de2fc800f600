"""Settings, read once from the environment; see docs/operations.md for every variable."""

import os
from datetime import time
from pathlib import Path

from django.utils.csp import CSP

from gongjian.project.roots import SealingKeys, former_signing_keys, now_utc, roots
from gongjian.project.settings.database import SERVING, database
from gongjian.project.settings.mail import mailers
from gongjian.project.settings.maps import map_tiles, tile_hosts

HOME = Path(os.environ.get("GONGJIAN_HOME", Path.cwd() / "var" / "gongjian")).absolute()
TESTING = False
DEMONSTRATION = os.environ.get("GONGJIAN_MODE", "demonstration") == "demonstration"
PUBLIC_URL = os.environ.get("GONGJIAN_URL", f"http://127.0.0.1:{os.environ.get('PORT', '8000')}")

ROOTS = roots(HOME)
INSTALLATION = ROOTS[0].secret
SECRET_KEY = ROOTS[-1].secret.text("django")
SECRET_KEY_FALLBACKS = former_signing_keys(ROOTS, at=now_utc())
# Sealing keys by id; the first seals, all open. See gongjian.sealing.keys.
SEALING_KEYS = SealingKeys(HOME)
KEYS_HOME = HOME
BLIND_INDEX_KEY = INSTALLATION.bytes("blind-index")

DEBUG = False
ALLOWED_HOSTS = [h for h in os.environ.get("GONGJIAN_HOSTS", "127.0.0.1,localhost,[::1]").split(",") if h]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL.startswith("https://") else []

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "js_lib_leaflet",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "axes",
    "ninja",
    "procrastinate.contrib.django",
    "gongjian.sealing",
    "gongjian.workdays",
    "gongjian.places",
    "gongjian.audit",
    "gongjian.identity",
    "gongjian.documents",
    "gongjian.parties",
    "gongjian.notify",
    "gongjian.httpapi",
    "gongjian.web",
    "gongjian.figures",
    "gongjian.casework",
    "gongjian.casefile",
    "gongjian.domains.hotline",
    "gongjian.console",
    "gongjian.portal",
    "gongjian.demo",
    "gongjian.project",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "gongjian.web.compression.CompressionMiddleware",
    "gongjian.project.middleware.DatabaseBusyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "gongjian.web.middleware.ReaderMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "gongjian.identity.middleware.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "axes.middleware.AxesMiddleware",
    "gongjian.project.middleware.UnreadMiddleware",
    "gongjian.project.middleware.MaintenanceMiddleware",
]

ROOT_URLCONF = "gongjian.project.urls"
WSGI_APPLICATION = "gongjian.project.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.messages.context_processors.messages",
                "gongjian.web.context.reader",
            ],
        },
    }
]

DATABASES = {"default": database(HOME)}
SERVING_THREADS = SERVING
DATABASE_NAMED = "DATABASE_URL" in os.environ
# The role that serves requests; it may not change the append-only tables.
APP_DB_ROLE = "gongjian_app"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "identity.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "gongjian.identity.backends.AssignmentBackend"]
# Administrators and auditors must then bring a one-time code before their rights hold.
SECOND_FACTOR_ENFORCED = os.environ.get("GONGJIAN_SECOND_FACTOR", "off") == "on"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "console:sign_in"
SESSION_ENGINE = "gongjian.identity.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
CSRF_FAILURE_VIEW = "gongjian.project.views.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "gongjian.identity.requests.sender"
# Reverse proxies in front, each of which adds the address it was called from to X-Forwarded-For.
PROXIES = int(os.environ.get("GONGJIAN_PROXIES", "0"))
if PROXIES and SESSION_COOKIE_SECURE:  # who else could call us sets no such header through them
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Tile sources of the maps; see docs/operations.md.
MAP_TILES = map_tiles(os.environ.get("GONGJIAN_MAP_TILES", ""))
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:", "blob:", *tile_hosts(MAP_TILES)],
    "worker-src": [CSP.SELF],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "form-action": [CSP.SELF],
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_HSTS_SECONDS = 31_536_000 if SESSION_COOKIE_SECURE else 0
# The fields of a form without its files, and how many of either; documents/rules.py and httpapi/bodies.py say the rest.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 20

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LANGUAGE_COOKIE_NAME = "gj_lang"
LOCALE_PATHS = [Path(__file__).parents[2] / "web" / "locale"]
USE_I18N = True
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
MEDIA_ROOT = HOME / "documents"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

MAILERS = mailers(HOME, os.environ.get("GONGJIAN_SMTP", ""))
DEFAULT_FROM_EMAIL = os.environ.get("GONGJIAN_MAIL_FROM", "12349@localhost")
SMS_GATEWAY = os.environ.get("GONGJIAN_SMS_GATEWAY", "gongjian.notify.gateways.FileGateway")
SMS_FILE_PATH = HOME / "outbox" / "sms.log"
# How many leave the whole installation in an hour and in a day, codes apart from notices; what is over it waits.
_CEILINGS = {"code": ("CODES", 2_000, 20_000), "sms": ("SMS", 20_000, 200_000), "email": ("MAIL", 20_000, 200_000)}
SENDING_CEILINGS = {
    lane: (
        int(os.environ.get(f"GONGJIAN_{name}_AN_HOUR", str(hourly))),
        int(os.environ.get(f"GONGJIAN_{name}_A_DAY", str(daily))),
    )
    for lane, (name, hourly, daily) in _CEILINGS.items()
}

# What this installation is called and answers to; another city sets its own.
FRAME_LINKS = {
    "open_data": "hotline:open311",
    "search": "hotline:search",
    "report_phone": "hotline:report_phone",
    "field": "hotline:field",
}
# A link of the frame is shown to those who hold one of its rights.
FRAME_RIGHTS = {"search": ("hotline:case:read_all", "hotline:case:read_unit")}
HOTLINE_NUMBER = os.environ.get("GONGJIAN_HOTLINE", "12349")
CASE_NUMBER_PREFIX = os.environ.get("GONGJIAN_CASE_PREFIX", "YT")
# The daily backup: a demonstration makes one only where it is told a folder.
BACKUP_FOLDER = Path(os.environ.get("GONGJIAN_BACKUP_FOLDER", HOME / "backups")).absolute()
BACKUP_DAILY = "GONGJIAN_BACKUP_FOLDER" in os.environ
BACKUP_TIME = time.fromisoformat(os.environ.get("GONGJIAN_BACKUP_TIME", "02:10"))
BACKUP_KEEP = int(os.environ.get("GONGJIAN_BACKUP_KEEP", "7"))
# Bytes of the disk that are not ours to fill.
DISK_HELD_BACK = int(os.environ.get("GONGJIAN_DISK_HELD_BACK", "0"))
# The certificate that the reverse proxy shows, to tell its last day.
CERTIFICATE = os.environ.get("GONGJIAN_CERTIFICATE", "")
METRICS_TOKEN = os.environ.get("GONGJIAN_METRICS_TOKEN", "")
# Whether events may be sent to addresses of this machine and of private networks, without TLS too: for an intranet.
WEBHOOKS_INSIDE = os.environ.get("GONGJIAN_WEBHOOKS_INSIDE", "off") == "on"

# `gongjian run` names a file; under another supervisor the error stream goes to its journal.
LOG_FILE = os.environ.get("GONGJIAN_LOG_FILE", "")
_HANDLERS = ["stderr", *(["file"] if LOG_FILE else [])]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "gongjian.project.logs.PlainFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        },
        "lines": {"()": "gongjian.project.logs.LinesFormatter"},
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "plain"},
        # Opened for appending by every process; the launcher copies and empties it.
        **(
            {"file": {"class": "logging.FileHandler", "formatter": "lines", "filename": LOG_FILE, "delay": True}}
            if LOG_FILE
            else {}
        ),
    },
    "root": {"handlers": _HANDLERS, "level": "WARNING"},
    "loggers": {
        # Told to whoever sent it; its traces would fill the log for whoever likes to.
        **{
            f"django.security.{kind}": {"level": "CRITICAL"}
            for kind in ("RequestDataTooBig", "TooManyFieldsSent", "TooManyFilesSent")
        },
        "django.request": {"handlers": _HANDLERS, "level": "ERROR", "propagate": False},
        "psycopg.pool": {"level": "CRITICAL"},  # the busy page and the log line of its number say it once
        "gongjian": {"handlers": _HANDLERS, "level": "INFO", "propagate": False},
    },
}
