"""Addresses of the data of one map, below /map/SLUG/PROJECTION/."""

from __future__ import annotations

from django.urls import path

from search.web import map_colours, map_data, map_exports, map_selections, map_tiles

urlpatterns = [
    path("level/<int:number>.bin", map_data.level, name="map-level"),
    path("points.json", map_data.points, name="map-points"),
    path("clusters.json", map_data.clusters, name="map-clusters"),
    path("hits.json", map_data.hits, name="map-hits"),
    path("columns.json", map_colours.columns, name="map-columns"),
    path("column/cluster-<int:number>.bin", map_colours.cluster, name="map-column-cluster"),
    path("column/date.bin", map_colours.date, name="map-column-date"),
    path("column/tag.bin", map_colours.tag, name="map-column-tag"),
    path("similarity.bin", map_colours.similarity, name="map-similarity"),
    path("find.json", map_data.find, name="map-find"),
    path("tile/<int:zoom>/<int:x>/<int:y>.json", map_tiles.tile_facts, name="map-tile-facts"),
    path("tile/<int:zoom>/<int:x>/<int:y>.webp", map_tiles.tile_sheet, name="map-tile-sheet"),
    path("export.<str:form>", map_exports.export_map, name="map-export"),
    path("select", map_selections.make_selection, name="map-select"),
    path("selection/<str:token>.bin", map_selections.selection_points, name="map-selection-points"),
    path("selection/<str:token>/", map_selections.selection_grid, name="map-selection"),
    path("selection/<str:token>/collect", map_selections.collect, name="map-selection-collect"),
    path("selection/<str:token>/tag", map_selections.tag, name="map-selection-tag"),
    path("selection/<str:token>/export.<str:form>", map_selections.export, name="map-selection-export"),
]
