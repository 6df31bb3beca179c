"""Addresses of the progress pages."""

from __future__ import annotations

from django.urls import path

from workers import views

urlpatterns = [
    path("runs/", views.dashboard, name="dashboard"),
    path("runs/<int:run_id>/", views.run_page, name="run"),
    path("runs/<int:run_id>/priority", views.prioritise_run, name="run-priority"),
    path("runs/<int:run_id>/<str:action>", views.control_run, name="run-control"),
]
