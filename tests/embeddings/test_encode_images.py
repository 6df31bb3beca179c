"""A derivative that cannot be read costs its image one run, not every run."""

from __future__ import annotations

from search.embeddings.encode_images import embed_images
from search.files.paths import derivative_path
from search.images.derivatives import derive_images
from search.ingest.records import ingest_chunk
from search.models import Image
from tests.conftest import FAKE_ENCODER, MakeDataset, MakeImages, files_of


def test_a_damaged_derivative_is_told_taken_away_and_made_anew(
    make_images: MakeImages, make_dataset: MakeDataset
) -> None:
    dataset = make_dataset(make_images(red="red", blue="blue"))
    ingest_chunk(dataset, files_of(dataset))
    images = list(dataset.images.order_by("name"))
    derive_images(images)
    damaged = derivative_path(dataset.pk, images[0].checksum)
    damaged.write_bytes(damaged.read_bytes()[:200])
    outcome = embed_images(images, FAKE_ENCODER)
    assert outcome.done_ids == (images[1].pk,)
    assert [(failure.name, failure.reason) for failure in outcome.failures] == [
        ("blue.png", "its derivative is damaged; the next run makes it anew")
    ]
    assert Image.objects.get(pk=images[0].pk).state == Image.State.PENDING
    assert not damaged.exists()
    derive_images([images[0]])
    assert embed_images(images, FAKE_ENCODER).done_ids == tuple(image.pk for image in images)
