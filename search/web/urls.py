"""Addresses of the pages."""

from __future__ import annotations

from django.urls import path

from search.web import evaluations, explorer, health, library, pictures, results, status, versions

urlpatterns = [
    path("", library.home, name="home"),
    path("search", results.search, name="search"),
    path("datasets/<slug:slug>/", library.dataset_page, name="dataset"),
    path("datasets/<slug:slug>/versions/", versions.versions_page, name="versions"),
    path("datasets/<slug:slug>/evaluations", evaluations.evaluations_page, name="evaluations"),
    path("datasets/<slug:slug>/versions/compare", versions.compare_page, name="versions-compare"),
    path("datasets/<slug:slug>/versions/rebuild", versions.rebuild, name="versions-rebuild"),
    path("datasets/<slug:slug>/versions/<int:number>/<str:action>", versions.act_on_version, name="version-action"),
    path("status/", status.status_page, name="status"),
    path("image/<int:image_id>/", pictures.image_page, name="image"),
    path("image/<int:image_id>/thumbnail", pictures.thumbnail, name="thumbnail"),
    path("image/<int:image_id>/original", pictures.original, name="original"),
    path("map/<slug:slug>/", explorer.explorer_page, name="explorer"),
    path("map/<slug:slug>/<int:projection_id>/points.bin", explorer.map_points, name="map-points"),
    path("map/<slug:slug>/<int:projection_id>/<int:index>.json", explorer.map_point, name="map-point"),
    path("healthz", health.healthz, name="healthz"),
]
