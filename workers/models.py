"""Runs and their batches: the record of background work, from which lost messages are repaired.

    Run:   active -> done | failed | cancelled          (active may be paused: no batch of it is claimed)
    Batch: queued -> running -> done | failed          (running -> queued when its worker is gone)
                             -> split                  (two batches of half its images follow)

A run that is active owns its dataset: a partial unique constraint allows one per dataset.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from search.models import Dataset, Image
from workers.registry import MAX_NAME, stage_choices


class Run(models.Model):
    """One piece of background work on a dataset."""

    class Kind(models.TextChoices):
        INDEX = "index", "index"
        REBUILD = "rebuild", "rebuild"
        PROJECT = "project", "map"
        RETRY = "retry", "retry"
        PLAN = "plan", "look for changes"
        TAG = "tag", "tags"
        COMPARE = "compare", "duplicates"

    class Priority(models.IntegerChoices):
        """A priority as the broker counts: the lower number goes first."""

        HIGH = 0, "high"
        NORMAL = 5, "normal"
        LOW = 9, "low"

    class State(models.TextChoices):
        ACTIVE = "active", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    is_paused = models.BooleanField(default=False, help_text="Whether an active run starts no new batch.")
    waits_for_disk_space = models.BooleanField(
        default=False,
        db_column="waits_for_room",
        help_text="Whether it is paused because a disk is full, and goes on once there is room.",
    )
    replanned = models.BooleanField(
        default=False, help_text="Whether images that were lost on the way were planned once more; never twice."
    )
    encoder = models.CharField(max_length=400, help_text="Name of the encoder whose embeddings this run makes or uses.")
    stage_only = models.BooleanField(
        default=False,
        db_column="holds",
        help_text="Whether the version that it builds waits for a look instead of going live.",
    )
    encoder_reason = models.TextField(blank=True, help_text="Why this encoder, where nobody named it.")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    message = models.TextField(blank=True, help_text="Why the run failed, or what it achieved.")
    parameters = models.JSONField(default=dict, help_text="What was asked of it beside its kind: how to draw a map.")
    plan = models.JSONField(null=True, blank=True, help_text="What a run that looks for changes found.")
    sequence = models.PositiveBigIntegerField(default=0, help_text="Number of the newest progress message.")
    published_at = models.DateTimeField(null=True, blank=True, help_text="When that message was sent.")
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["dataset"], condition=models.Q(state="active"), name="one_active_run"),
        ]

    def __str__(self) -> str:
        return f"run {self.pk}: {self.get_kind_display()} of {self.dataset}"


OVER_ALL_IMAGES = frozenset({Run.Kind.INDEX, Run.Kind.REBUILD, Run.Kind.RETRY})
"""The kinds of run that end with an index of all images."""


class StageProgress(models.Model):
    """Counters of one stage of a run; `samples` are [unix seconds, images done or failed], for rate and time left."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="stages")
    stage = models.CharField(max_length=MAX_NAME, choices=stage_choices)
    position = models.PositiveSmallIntegerField()
    total = models.PositiveBigIntegerField(default=0)
    done = models.PositiveBigIntegerField(default=0)
    failed = models.PositiveBigIntegerField(default=0)
    bytes_read = models.PositiveBigIntegerField(default=0, help_text="Of originals, by this stage.")
    samples = models.JSONField(default=list)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["run", "stage"], name="stage_unique")]

    def __str__(self) -> str:
        return f"{self.get_stage_display()} of run {self.run_id}"


class Batch(models.Model):
    """The unit that one task works on; claimed by conditional update and safe to do twice."""

    class State(models.TextChoices):
        QUEUED = "queued", "waiting"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        SPLIT = "split", "split in two"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="batches")
    stage = models.CharField(max_length=MAX_NAME, choices=stage_choices)
    image_ids = models.JSONField(default=list, help_text="Images of a derive or embed batch.")
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    worker_losses = models.PositiveSmallIntegerField(
        default=0, db_column="deaths", help_text="How many workers were lost while they had it."
    )
    worker = models.CharField(max_length=200, blank=True)
    queued_at = models.DateTimeField(default=timezone.now)
    heartbeat_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "batches"
        indexes = [models.Index(fields=["run", "state"], name="batch_open")]

    def __str__(self) -> str:
        return f"{self.stage} batch {self.pk} of run {self.run_id}"


class ImageFailure(models.Model):
    """The error ledger of a dataset: a file that cannot be used, and why. An entry ends when the file can be used."""

    class State(models.TextChoices):
        OPEN = "open", "open"
        RETRYING = "retrying", "to be tried again"
        QUARANTINED = "quarantined", "quarantined"
        IGNORED = "ignored", "ignored"

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="failures")
    run = models.ForeignKey(
        Run, null=True, on_delete=models.SET_NULL, related_name="failures", help_text="The latest that tried it."
    )
    image = models.ForeignKey(Image, null=True, blank=True, on_delete=models.CASCADE, related_name="failures")
    name = models.CharField(max_length=1024)
    stage = models.CharField(max_length=MAX_NAME, choices=stage_choices)
    reason = models.TextField()
    state = models.CharField(max_length=11, choices=State.choices, default=State.OPEN)
    attempts = models.PositiveIntegerField(default=1, help_text="Runs that tried this file in vain.")
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["dataset", "name"], name="failure_unique")]
        indexes = [models.Index(fields=["dataset", "state", "id"], name="failure_state")]

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


class RunEvent(models.Model):
    """A line of a run's log."""

    class Level(models.TextChoices):
        INFO = "info", "information"
        WARNING = "warning", "warning"
        ERROR = "error", "error"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="events")
    level = models.CharField(max_length=7, choices=Level.choices, default=Level.INFO)
    at = models.DateTimeField(default=timezone.now)
    text = models.TextField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text


class WorkerProcess(models.Model):
    """A Celery worker by its last heartbeat; `names` are those under which its processes claim batches."""

    name = models.CharField(max_length=200, unique=True, help_text="Machine and number of its main process.")
    title = models.CharField(max_length=200, help_text="What Celery calls it: its kind and the machine.")
    queues = models.JSONField(default=list)
    slots = models.PositiveIntegerField(default=1, help_text="How many batches it works on at a time.")
    names = models.JSONField(default=list)
    device = models.JSONField(default=dict, help_text="What it computes on, its memory and how busy it is.")
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name_plural = "worker processes"
        ordering = ["title", "name"]

    def __str__(self) -> str:
        return self.title
