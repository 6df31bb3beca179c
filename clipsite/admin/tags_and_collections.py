"""Tags and collections: named here, filled with the actions of the list of images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from search.collections.membership import collect_images, uncollect_images
from search.errors import UserError
from search.models import Collection, Image, Tag
from search.tags import by_hand


class GroupingForm(ActionForm):
    """What the actions on images need to know."""

    tag = forms.CharField(required=False, max_length=80)
    collection = forms.ModelChoiceField(Collection.objects.all(), required=False)


class GroupingActions(admin.ModelAdmin[Image]):
    """The actions that sort images."""

    action_form = GroupingForm
    actions = ["tag", "untag", "collect", "uncollect"]

    def has_tag_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("search.change_tag")

    def has_collect_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("search.change_collection")

    @admin.action(description="Add the tag", permissions=["tag"])
    def tag(self, request: HttpRequest, queryset: QuerySet[Image]) -> None:
        self._change_tag(request, queryset, is_added=True)

    @admin.action(description="Remove the tag", permissions=["tag"])
    def untag(self, request: HttpRequest, queryset: QuerySet[Image]) -> None:
        self._change_tag(request, queryset, is_added=False)

    @admin.action(description="Put into the collection", permissions=["collect"])
    def collect(self, request: HttpRequest, queryset: QuerySet[Image]) -> None:
        self._change_collection(request, queryset, is_added=True)

    @admin.action(description="Take out of the collection", permissions=["collect"])
    def uncollect(self, request: HttpRequest, queryset: QuerySet[Image]) -> None:
        self._change_collection(request, queryset, is_added=False)

    def _change_tag(self, request: HttpRequest, images: QuerySet[Image], *, is_added: bool) -> None:
        change = by_hand.tag_images if is_added else by_hand.untag_images
        name = request.POST.get("tag", "")
        try:
            count = change(images, name)
        except UserError as error:
            self.message_user(request, str(error), messages.ERROR)
            return
        what = "carry" if is_added else "no longer carry"
        self.message_user(request, f"{count:,} images {what} the tag {name.strip()}.", messages.SUCCESS)

    def _change_collection(self, request: HttpRequest, images: QuerySet[Image], *, is_added: bool) -> None:
        chosen = request.POST.get("collection", "")
        collection = Collection.objects.filter(pk=chosen).first() if chosen.isdecimal() else None
        if collection is None:
            self.message_user(request, "Choose the collection beside the action.", messages.ERROR)
            return
        change = collect_images if is_added else uncollect_images
        what = "were put into" if is_added else "no longer lie in"
        self.message_user(request, f"{change(images, collection):,} images {what} {collection}.", messages.SUCCESS)


class _Counted(admin.ModelAdmin[Any]):
    """Lists how many images there are in each."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        counted: QuerySet[Any] = super().get_queryset(request).annotate(image_count=Count("images"))
        return counted

    @admin.display(description="images", ordering="image_count")
    def image_count(self, grouped: Any) -> int:
        return int(grouped.image_count)


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin[Tag]):
    list_display = ["name", "dataset", "usage"]
    list_filter = ["dataset"]
    list_select_related = ["dataset"]
    search_fields = ["name"]
    fields = ["dataset", "name"]

    def get_readonly_fields(self, request: HttpRequest, obj: Tag | None = None) -> list[str]:
        return ["dataset"] if obj else []

    def get_deleted_objects(
        self, objs: QuerySet[Tag] | Sequence[Tag], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Counted instead of listed: millions of images may carry a tag."""
        lines = [f"{tag.name} of {tag.dataset}: taken off {tag.usage:,} images, which stay" for tag in objs]
        refused = set() if self.has_delete_permission(request) else {"tags"}
        return lines, {"tags": len(objs)}, refused, []


@admin.register(Collection)
class CollectionAdmin(_Counted):
    list_display = ["name", "owner", "visibility", "image_count"]
    list_filter = ["visibility"]
    list_select_related = ["owner"]
    search_fields = ["name"]
    fields = ["name", "owner", "visibility"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"owner": request.user.pk}
