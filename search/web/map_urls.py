"""Addresses of the data of one map, below /map/SLUG/PROJECTION/."""

from __future__ import annotations

from django.urls import path

from search.web import map_data

urlpatterns = [
    path("level/<int:number>.bin", map_data.level, name="map-level"),
    path("points.json", map_data.points, name="map-points-told"),
    path("find.json", map_data.find, name="map-find"),
]
