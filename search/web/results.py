"""The search page: a text or an image in, ranked hits out; its address is the permalink."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from search.errors import InvalidQuery, UserError
from search.models import Dataset
from search.services.query import MAX_HITS, Results, search_like, search_text
from search.services.summary import encoder_note
from search.services.visibility import visible_datasets
from search.web.access import dataset_or_404, image_or_404
from search.web.middleware import status_of

PAGE_SIZE = 60


def search(request: HttpRequest) -> HttpResponse:
    """`dataset`, and `q` or `like`; without a dataset the first searchable one is taken."""
    datasets = list(visible_datasets(request.user).filter(live_version__isnull=False))
    text = request.GET.get("q", "").strip()
    like = image_or_404(request, _number(request, "like")) if request.GET.get("like") else None
    dataset = like.dataset if like else _chosen(request, datasets)
    if dataset is None or (like is None and not text):
        return redirect("home")
    page = min(max(_number(request, "page", 1), 1), MAX_HITS // PAGE_SIZE)
    offset = (page - 1) * PAGE_SIZE
    results: Results | None = None
    context = {"dataset": dataset, "datasets": datasets, "query_text": text, "like": like, "page": page, "hits": []}
    try:
        if like:
            results = search_like(like, k=PAGE_SIZE, offset=offset)
        else:
            results = search_text(dataset, text, k=PAGE_SIZE, offset=offset)
    except UserError as error:
        return render(request, "search/results.html", context | {"error": str(error)}, status=status_of(error))
    more = results.more and page * PAGE_SIZE < MAX_HITS - PAGE_SIZE
    context |= {
        "hits": results.hits,
        "took_ms": results.took_ms,
        "version": results.version,
        "encoder_note": encoder_note(results.version.encoder.name),
        "next_page": page + 1 if more else None,
    }
    return render(request, "search/results.html", context)


def _chosen(request: HttpRequest, datasets: list[Dataset]) -> Dataset | None:
    slug = request.GET.get("dataset", "")
    if slug:
        return dataset_or_404(request, slug)
    return datasets[0] if datasets else None


def _number(request: HttpRequest, name: str, default: int = 0) -> int:
    value = request.GET.get(name, "")
    if not value:
        return default
    if not value.isdecimal() or len(value) > 18:
        raise InvalidQuery(f"The parameter {name} is {value[:40]!r}; it must be a whole number.")
    return int(value)
