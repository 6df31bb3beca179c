"""The tags of a dataset with their numbers and the vocabulary; adding tags to an image and taking them away."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from clipsite.web.access.objects import dataset_or_404, image_or_404, managed_dataset_or_404
from search.encoders.base import public_name
from search.errors import UserError
from search.models import Image, Tagging
from search.permissions.visibility import can_edit, can_manage
from search.tags import vocabulary
from search.tags.by_hand import tag_images, untag_images
from search.tags.image_tags import grouped_tags
from search.tags.vocabulary import HIGHEST_CONFIDENCE, LOWEST_CONFIDENCE, MOST_WORDS, words_of
from workers.models import Run
from workers.runs.start import start_run

_LISTED = 2000


@require_safe
def tags_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Every tag that images carry; for who manages the dataset the vocabulary as well."""
    dataset = dataset_or_404(request, slug)
    tagging = Tagging.objects.filter(dataset=dataset).select_related("encoder").first()
    words = words_of(dataset)
    live = dataset.live_version
    context = {
        "dataset": dataset,
        "groups": grouped_tags(dataset, words, _LISTED),
        "words": words,
        "word_count": len(words.all()),
        "most_words": MOST_WORDS,
        "lowest": LOWEST_CONFIDENCE,
        "highest": HIGHEST_CONFIDENCE,
        "tagging": tagging,
        "encoder_name": public_name(tagging.encoder.name) if tagging else "",
        "is_other_encoder": bool(tagging and live and tagging.encoder_id != live.encoder_id),
        "is_outdated": bool(tagging and tagging.words != words.fingerprint()),
        "can_manage": can_manage(request.user, dataset),
        "active_run": dataset.runs.filter(state=Run.State.ACTIVE).first(),
    }
    return render(request, "search/tags.html", context)


@require_POST
def change_vocabulary(request: HttpRequest, slug: str) -> HttpResponse:
    """Keeps the vocabulary, or takes the default list again, and starts the run that assigns it."""
    dataset = managed_dataset_or_404(request, slug)
    try:
        if "default" in request.POST:
            vocabulary.use_default(dataset)
        elif "text" in request.POST:
            confidence = vocabulary.confidence_from(request.POST.get("confidence", ""))
            vocabulary.set_vocabulary(dataset, request.POST["text"], confidence)
        run = start_run(dataset, Run.Kind.TAG, requested_by=cast("User", request.user))
    except UserError as error:
        messages.error(request, str(error))
        return redirect("tags", slug)
    return redirect("run", run.pk)


@require_POST
def tag_image(request: HttpRequest, image_id: int) -> HttpResponse:
    """Adds the tag `name` to an image, or takes it away (`remove`); for editors of its dataset."""
    image = image_or_404(request, image_id)
    if not can_edit(request.user, image.dataset):
        raise Http404(f"There are no tags of image {image_id} to change here.")
    name = request.POST.get("name", "").replace("\0", "")
    change = untag_images if "remove" in request.POST else tag_images
    try:
        change(Image.objects.filter(pk=image.pk), name)
    except UserError as error:
        messages.error(request, str(error))
    return redirect("image", image_id)
