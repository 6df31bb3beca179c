"""Drawing, deleting and naming on the page of the map: for who manages the dataset, with sentences for mistakes."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from clipsite.web.maps.drawing import drawing_context
from search.maps.draw import newest_projection, project_dataset, projections_of
from search.maps.request import MapRequest
from search.models import Dataset, MapCluster, Projection
from search.projection.parameters import MapParameters, Metric
from tests.conftest import MakeDataset, MakeImages
from tests.indexed import index
from tests.versions.versioned import add_images, build, fresh
from tests.web.markup import on_one_line
from tests.web.test_permissions import client_of
from workers.models import Run

FORM = {"neighbours": "20", "min_distance": "0.2", "metric": "euclidean", "seed": "none"}


@pytest.fixture
def dataset(transactional_db: None, make_images: MakeImages, make_dataset: MakeDataset, alice: User) -> Dataset:
    """Alice's public dataset, drawn, with a cluster."""
    colours = ("red", "blue", "lime", "white")
    made = index(make_dataset(make_images(**{colour: colour for colour in colours}), owner=alice))
    MapCluster.objects.create(projection=shown(made), level=0, number=3, name="boat, ship", count=2, x=0.0, y=0.0)
    return fresh(made)


def shown(dataset: Dataset) -> Projection:
    projection = newest_projection(dataset)
    assert projection is not None
    return projection


def name_address(dataset: Dataset, number: int = 3) -> str:
    return reverse("map-cluster-name", args=[dataset.slug, shown(dataset).pk, 0, number])


@pytest.mark.parametrize(("who", "status"), [("anonymous", 404), ("bob", 404), ("alice", 302), ("staff", 302)])
def test_only_who_manages_draws_names_and_deletes(
    dataset: Dataset, bob: User, staff: User, who: str, status: int
) -> None:
    client = client_of(who)
    named = client.post(name_address(dataset), {"name": "Mine"}, headers={"accept": "text/html"})
    assert named.status_code == status
    assert MapCluster.objects.filter(given_name="Mine").exists() is (status == 302)
    draw = reverse("map-draw", args=[dataset.slug])
    assert client.get(draw).status_code == 405
    assert client.post(draw, FORM).status_code == status
    assert Run.objects.filter(kind=Run.Kind.PROJECT).exists() is (status == 302)
    delete = reverse("map-delete", args=[dataset.slug, shown(dataset).pk])
    assert client.post(delete).status_code == status
    assert Projection.objects.exists() is (status != 302)


def test_the_form_starts_a_run_with_its_parameters(dataset: Dataset) -> None:
    response = client_of("alice").post(reverse("map-draw", args=[dataset.slug]), FORM)
    run = Run.objects.latest("pk")
    assert response["Location"] == reverse("run", args=[run.pk])
    assert MapRequest.from_json(run.parameters) == MapRequest(MapParameters(20, 0.2, Metric.EUCLIDEAN, None))
    assert run.requested_by == User.objects.get(username="alice")


def test_new_images_can_be_placed_without_drawing_anew(dataset: Dataset) -> None:
    client_of("alice").post(reverse("map-draw", args=[dataset.slug]), FORM | {"place": "1"})
    assert MapRequest.from_json(Run.objects.latest("pk").parameters) == MapRequest(extends=True)


def test_a_mistake_in_the_form_gets_a_sentence_and_no_run(dataset: Dataset) -> None:
    client = client_of("alice")
    answer = client.post(reverse("map-draw", args=[dataset.slug]), FORM | {"neighbours": "0"}, follow=True)
    assert "neighbours is &#x27;0&#x27;" in answer.content.decode()
    assert not Run.objects.filter(kind=Run.Kind.PROJECT).exists()


def test_a_script_gets_json_and_the_encoders_name_back_for_an_empty_one(dataset: Dataset) -> None:
    client = client_of("alice")
    named = client.post(name_address(dataset), {"name": " Boats  of ours "}, headers={"accept": "application/json"})
    assert named.json() == {"level": 0, "number": 3, "label": "Boats of ours", "name": "boat, ship"}
    emptied = client.post(name_address(dataset), {"name": ""}, headers={"accept": "*/*"})
    assert emptied.json()["label"] == "boat, ship"


def test_a_bad_name_and_a_cluster_that_is_gone_are_problems_with_a_sentence(dataset: Dataset) -> None:
    client = client_of("alice")
    long = client.post(name_address(dataset), {"name": "x" * 81}, headers={"accept": "application/json"})
    assert (long.status_code, long.json()["detail"]) == (400, "The name has 81 characters; 80 at most.")
    gone = client.post(name_address(dataset, 4), {"name": "x"}, headers={"accept": "application/json"})
    assert gone.status_code == 404
    assert "no longer there" in gone.json()["detail"]


def test_a_cluster_of_a_map_elsewhere_is_not_named_through_this_dataset(
    dataset: Dataset, make_images: MakeImages, make_dataset: MakeDataset, bob: User
) -> None:
    other = index(make_dataset(make_images("other", navy="navy"), name="Others", owner=bob, private=True))
    MapCluster.objects.create(projection=shown(other), level=0, number=0, name="sea", count=1, x=0.0, y=0.0)
    address = reverse("map-cluster-name", args=[dataset.slug, shown(other).pk, 0, 0])
    assert client_of("alice").post(address, {"name": "Mine"}).status_code == 404
    delete = reverse("map-delete", args=[dataset.slug, shown(other).pk])
    client_of("alice").post(delete)
    assert projections_of(other)


def test_deleting_twice_says_so(dataset: Dataset) -> None:
    client = client_of("alice")
    address = reverse("map-delete", args=[dataset.slug, shown(dataset).pk])
    assert "is deleted" in client.post(address, follow=True).content.decode()
    assert "deleted already" in client.post(address, follow=True).content.decode()


def partial(dataset: Dataset, *, can_manage: bool) -> str:
    drawing = drawing_context(dataset, newest_projection(dataset))
    context = {"dataset": dataset, "can_manage": can_manage, "drawing": drawing}
    return render_to_string("partials/_map_drawing.html", context)


def test_the_partial_lists_the_maps_and_says_how_stale_the_shown_one_is(dataset: Dataset) -> None:
    project_dataset(dataset, parameters=MapParameters(5, 0.3))
    add_images(dataset, "gold")
    build(dataset)
    html = on_one_line(partial(fresh(dataset), can_manage=True))
    assert html.count("?map=") == 2
    assert html.count('aria-current="page"') == 1
    assert "The index is at version 2 with 5 images; this map shows version 1 with 4." in html
    assert "Place new images" in html
    assert 'name="seed" pattern="[0-9]{1,10}|none" value="none"' in html


def test_who_may_not_manage_sees_no_forms(dataset: Dataset, client: Client) -> None:
    project_dataset(dataset, redraw=True)
    html = partial(dataset, can_manage=False)
    assert "<form" not in html
    assert html.count("?map=") == 2
