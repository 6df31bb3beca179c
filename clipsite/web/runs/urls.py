"""Addresses of the progress pages."""

from __future__ import annotations

from django.urls import path

from clipsite.web.runs import failures, views

urlpatterns = [
    path("runs/", views.dashboard, name="dashboard"),
    path("runs/state.json", views.runs_as_json, name="runs-json"),
    path("runs/site", views.site_panels, name="site-panels"),
    path("runs/<int:run_id>/", views.run_page, name="run"),
    path("datasets/<slug:slug>/start", views.start, name="run-start"),
    path("runs/<int:run_id>/priority", views.prioritise_run, name="run-priority"),
    path("runs/<int:run_id>/again", views.start_again, name="run-again"),
    path("runs/<int:run_id>/<str:action>", views.control_run, name="run-control"),
    path("datasets/<slug:slug>/failures/", failures.failures_page, name="failures"),
    path("datasets/<slug:slug>/failures.csv", failures.failures_csv, name="failures-csv"),
    path("datasets/<slug:slug>/failures/<str:action>", failures.act_on_failures, name="failures-action"),
]
