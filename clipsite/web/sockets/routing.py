"""Addresses of the websockets."""

from __future__ import annotations

from django.urls import path

from clipsite.web.sockets.consumers import RunsConsumer

websocket_urlpatterns = [path("ws/runs/", RunsConsumer.as_asgi())]
