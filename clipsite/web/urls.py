"""Addresses of the pages."""

from __future__ import annotations

from django.urls import URLPattern, include, path

from clipsite.web.access.throttle import limited
from clipsite.web.access.tokens import also_by_token, searches
from clipsite.web.accounts import tokens
from clipsite.web.collections import add_images, detail, index
from clipsite.web.datasets import duplicates, evaluations, library, people, versions
from clipsite.web.downloads import exports
from clipsite.web.images import image, tags
from clipsite.web.maps import drawing, explorer
from clipsite.web.search import history, query_pictures, results, saved_searches
from clipsite.web.site import health, metrics, moved


def _images_of(scope: str) -> list[URLPattern]:
    """Addresses of images below a collection or a link."""
    return [
        path("image/<int:image_id>/", detail.collected_image, name=f"{scope}-image"),
        path("image/<int:image_id>/thumbnail", also_by_token(detail.collected_thumbnail), name=f"{scope}-thumbnail"),
        path("image/<int:image_id>/original", also_by_token(detail.collected_original), name=f"{scope}-original"),
    ]


urlpatterns = [
    path("", library.home, name="home"),
    path("search", limited(results.search), name="search"),
    path("datasets/<slug:slug>/", library.dataset_page, name="dataset"),
    path("datasets/<slug:slug>/people/", people.people_page, name="people"),
    path("datasets/<slug:slug>/people/<str:action>", people.act_on_people, name="people-action"),
    path("datasets/<slug:slug>/versions/", versions.versions_page, name="versions"),
    path("datasets/<slug:slug>/evaluations", evaluations.evaluations_page, name="evaluations"),
    path("datasets/<slug:slug>/versions/compare", versions.compare_page, name="versions-compare"),
    path("datasets/<slug:slug>/versions/rebuild", versions.rebuild, name="versions-rebuild"),
    path("datasets/<slug:slug>/versions/<int:number>/<str:action>", versions.act_on_version, name="version-action"),
    path("account/tokens/", tokens.tokens_page, name="tokens"),
    path("account/tokens/<int:token_id>/revoke", tokens.revoke_token, name="token-revoke"),
    path("datasets/<slug:slug>/duplicates/", duplicates.duplicates_page, name="duplicates"),
    path("datasets/<slug:slug>/duplicates.csv", duplicates.duplicates_csv, name="duplicates-csv"),
    path("datasets/<slug:slug>/duplicates/find", duplicates.find_duplicates, name="duplicates-find"),
    path("datasets/<slug:slug>/duplicates/<str:action>", duplicates.act_on_duplicates, name="duplicates-act"),
    path("datasets/<slug:slug>/tags/", tags.tags_page, name="tags"),
    path("datasets/<slug:slug>/tags/assign", tags.change_vocabulary, name="tags-assign"),
    path("image/<int:image_id>/tags", tags.tag_image, name="image-tags"),
    path("status/", moved.status_page, name="status"),
    path("image/<int:image_id>/", image.image_page, name="image"),
    path("image/<int:image_id>/panel", image.image_panel, name="image-panel"),
    path("image/<int:image_id>/thumbnail", also_by_token(image.thumbnail), name="thumbnail"),
    path("image/<int:image_id>/original", also_by_token(image.original), name="original"),
    path("query-pictures/", query_pictures.add_picture, name="query-picture-add"),
    path("query-pictures/<str:token>", query_pictures.picture, name="query-picture"),
    path("map/<slug:slug>/", explorer.explorer_page, name="explorer"),
    path("map/<slug:slug>/composer", explorer.explorer_composer, name="explorer-composer"),
    path("map/<slug:slug>/draw", drawing.draw_map, name="map-draw"),
    path("map/<slug:slug>/<int:projection_id>/delete", drawing.delete_map, name="map-delete"),
    path(
        "map/<slug:slug>/<int:projection_id>/cluster/<int:level>/<int:number>/name",
        drawing.rename_cluster,
        name="map-cluster-name",
    ),
    path("map/<slug:slug>/<int:projection_id>/", include("clipsite.web.maps.urls")),
    path("search/export", also_by_token(exports.export_search, searches), name="export-search"),
    path("images/export", exports.export_images, name="export-images"),
    path("collections/", index.collections_page, name="collections"),
    path("collections/new", index.create_collection, name="collection-create"),
    path("collections/collect", add_images.collect_images, name="collect-images"),
    path("collections/choices.json", add_images.collection_choices, name="collection-choices"),
    path("collections/<int:collection_id>/", detail.collection_page, name="collection"),
    path("collections/<int:collection_id>/export", also_by_token(detail.export_collection), name="collection-export"),
    path("collections/<int:collection_id>/settings", index.settings_page, name="collection-settings"),
    path("collections/<int:collection_id>/do/<str:action>", index.act_on_collection, name="collection-action"),
    path("collections/<int:collection_id>/", include(_images_of("collection"))),
    path("shared/<str:link>/", detail.collection_page, name="shared"),
    path("shared/<str:link>/export", detail.export_collection, name="shared-export"),
    path("shared/<str:link>/", include(_images_of("shared"))),
    path("searches/", saved_searches.searches_page, name="saved-searches"),
    path("searches/save", saved_searches.save_search, name="save-search"),
    path("searches/<int:search_id>/", saved_searches.open_search, name="saved-search"),
    path("searches/<int:search_id>/glimpse", saved_searches.glimpse_of_search, name="saved-search-glimpse"),
    path("searches/<int:search_id>/do/<str:action>", saved_searches.act_on_search, name="saved-search-action"),
    path("history/", history.history_page, name="history"),
    path("history/recent.json", history.recent, name="history-recent"),
    path("history/do/<str:action>", history.act_on_history, name="history-action"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
]
