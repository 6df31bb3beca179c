"""Checks of the other processes by the doctor: the channel layer, workers that take tasks, the scheduler, mail."""

from __future__ import annotations

import secrets
import smtplib
from collections.abc import Sequence

from asgiref.sync import async_to_sync
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer
from django.conf import settings
from django.core.mail import get_connection
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from clipsite.config.installation import START
from clipsite.operations.doctor import Finding, run_check
from search.polling import wait_for
from search.valkey import valkey_answers
from workers.celery import app
from workers.processes.liveness import has_canary_run, seconds_since_repair

WORKERS = {"cpu": "worker-cpu", "gpu": "worker-gpu", "repair": "worker-cpu or worker-gpu"}
_CANARY_SECONDS = 15.0
_BEAT_SECONDS = 60.0
_MAIL_SECONDS = 10


def check_processes(seconds: float = _CANARY_SECONDS) -> list[Finding]:
    """Return the findings on other processes; those on workers need Valkey, without which there are none."""
    findings = [run_check(mail)]
    if valkey_answers():
        findings += [run_check(channel_layer), *workers_consume(seconds), run_check(beat)]
    return findings


def channel_layer() -> Finding:
    """Return the finding on a message to oneself, which takes the way of the messages to progress pages."""
    try:
        arrived = async_to_sync(_round_trip)()
    except (RedisError, OSError, ChannelFull, TimeoutError) as error:
        return Finding("channel layer", False, f"A message did not arrive ({error}). Pages poll instead; check Valkey.")
    return Finding("channel layer", arrived, "Messages arrive." if arrived else "A message arrived changed.")


async def _round_trip() -> bool:
    layer = get_channel_layer()
    channel = await layer.new_channel()
    message = {"type": "doctor", "token": secrets.token_hex(8)}
    await layer.send(channel, message)
    return bool(await layer.receive(channel) == message)


def workers_consume(seconds: float) -> list[Finding]:
    """Return the findings on a task in each queue, which a worker does at once, unless a long batch is before it."""
    tokens = {queue: secrets.token_hex(8) for queue in WORKERS}
    try:
        for queue, token in tokens.items():
            app.send_task("workers.tasks.canary", args=[token], queue=queue, priority=0, expires=seconds, retry=False)
        wait_for(lambda: all(map(has_canary_run, tokens.values())), seconds)
        return [_worker(queue, answered=has_canary_run(token)) for queue, token in tokens.items()]
    except (OperationalError, RedisError, OSError) as error:
        return [Finding("workers", False, f"Tasks cannot be sent ({error}). Check Valkey.")]


def _worker(queue: str, *, answered: bool) -> Finding:
    subject = f"queue {queue}"
    if answered:
        return Finding(subject, True, "A worker takes its tasks.")
    listening = _listening(queue)
    if listening:
        names = " and ".join(listening)
        sentence = f"{names} runs but took no task in time: it may be at a long batch. Look at /runs/, and ask again."
        return Finding(subject, False, sentence)
    sentence = f"No worker takes its tasks. Start {WORKERS[queue]}: {START}, docker compose up -d, or its service."
    return Finding(subject, False, sentence)


def _listening(queue: str) -> Sequence[str]:
    """Return the workers that read this queue; the main process answers even while all its pool is at work."""
    queues_by_worker = app.control.inspect(timeout=2.0).active_queues() or {}
    return sorted(name for name, queues in queues_by_worker.items() if any(one["name"] == queue for one in queues))


def beat() -> Finding:
    """Return the finding on beat, judged by a task that it starts every ten seconds."""
    silence = seconds_since_repair()
    if silence is not None and silence <= _BEAT_SECONDS:
        return Finding("scheduler", True, "beat starts its tasks.")
    since = "not since Valkey was emptied" if silence is None else f"{silence:,.0f} s ago"
    sentence = f"What beat starts every ten seconds last ran {since}. Start beat, and a worker if none takes tasks."
    return Finding("scheduler", False, sentence)


def mail() -> Finding:
    """Return whether letters (invitations, new passwords) leave this machine."""
    if not settings.EMAIL_BACKEND.endswith(".smtp.EmailBackend"):
        kind = settings.EMAIL_BACKEND.split(".")[-2]
        return Finding("mail", True, f"No mail server is set; letters go to the {kind}.")
    where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    try:
        with get_connection(timeout=_MAIL_SECONDS):
            return Finding("mail", True, f"{where} accepts a connection.")
    except (OSError, smtplib.SMTPException) as error:
        return Finding("mail", False, f"{where} refuses ({error}). Correct the address of the mail server.")
