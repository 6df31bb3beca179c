"""Addresses of the data of one map, below /map/SLUG/PROJECTION/."""

from __future__ import annotations

from django.urls import path

from clipsite.web.maps import colours, exports, points, selections, tiles

urlpatterns = [
    path("level/<int:number>.bin", points.level, name="map-level"),
    path("points.json", points.points, name="map-points"),
    path("clusters.json", points.clusters, name="map-clusters"),
    path("hits.json", points.hits, name="map-hits"),
    path("columns.json", colours.columns, name="map-columns"),
    path("column/cluster-<int:number>.bin", colours.cluster, name="map-column-cluster"),
    path("column/date.bin", colours.date, name="map-column-date"),
    path("column/tag.bin", colours.tag, name="map-column-tag"),
    path("similarity.bin", colours.similarity, name="map-similarity"),
    path("find.json", points.find, name="map-find"),
    path("tile/<int:zoom>/<int:x>/<int:y>.json", tiles.tile_metadata, name="map-tile-facts"),
    path("tile/<int:zoom>/<int:x>/<int:y>.webp", tiles.tile_sheet, name="map-tile-sheet"),
    path("export.<str:form>", exports.export_map, name="map-export"),
    path("select", selections.make_selection, name="map-select"),
    path("selection/<str:token>.bin", selections.selection_points, name="map-selection-points"),
    path("selection/<str:token>/", selections.selection_grid, name="map-selection"),
    path("selection/<str:token>/collect", selections.collect, name="map-selection-collect"),
    path("selection/<str:token>/tag", selections.tag, name="map-selection-tag"),
    path("selection/<str:token>/export.<str:form>", selections.export, name="map-selection-export"),
]
