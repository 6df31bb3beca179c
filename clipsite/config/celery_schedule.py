"""Settings of Celery that hold wherever its broker is, and what is done on a schedule; `settings` takes them over."""

from __future__ import annotations

from datetime import timedelta

# No task waits for the result of another: what follows from a batch is decided in SQL.
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
# Both: the task of a pool process that was killed is lost, unless it is rejected on loss (decision 1).
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
# What a worker has reserved goes before any priority, so it reserves as little as it can.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# For ever: by default a worker gives up after 100 tries, and Valkey may be away for longer.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # After a worker is killed its messages come back so late, and a longer task comes twice; leases stand both.
    "visibility_timeout": 600,
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
    # As workers.models.Run.Priority: the lower goes first, on every queue that a worker reads.
    "priority_steps": [0, 5, 9],
}
CELERY_VISIBILITY_TIMEOUT = 600
CELERY_TASK_DEFAULT_QUEUE = "cpu"
CELERY_RESULT_EXPIRES = None  # there are no results, so none to clear away
# Schedules are rows that the administration shows; those below are written into the table at each start.
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
# Each expires, so that they do not pile up while workers are busy for hours.
CELERY_BEAT_SCHEDULE = {
    "repair-runs": {
        "task": "workers.tasks.repair_runs",
        "schedule": 10.0,
        "options": {"queue": "repair", "expire_seconds": 10},
    },
    "reconcile-indexes": {
        "task": "workers.tasks.reconcile_indexes",
        "schedule": timedelta(days=1),
        "options": {"queue": "cpu", "expire_seconds": 3600},
    },
    "sweep-query-pictures": {
        "task": "workers.tasks.sweep_query_pictures",
        "schedule": timedelta(hours=6),
        "options": {"queue": "cpu", "expire_seconds": 3600},
    },
    "sweep-map-cache": {
        "task": "workers.tasks.sweep_map_cache",
        "schedule": timedelta(minutes=10),
        "options": {"queue": "cpu", "expire_seconds": 600},
    },
    "sweep-sessions": {
        "task": "workers.tasks.sweep_sessions",
        "schedule": timedelta(days=1),
        "options": {"queue": "cpu", "expire_seconds": 3600},
    },
    "measure-datasets": {
        "task": "workers.tasks.measure_datasets",
        "schedule": timedelta(minutes=5),
        "options": {"queue": "cpu", "expire_seconds": 300},
    },
}
