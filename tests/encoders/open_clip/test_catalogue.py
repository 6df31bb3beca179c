"""The catalogue read from open_clip's files is what open_clip itself says."""

from __future__ import annotations

import open_clip

from search.encoders.open_clip import catalogue


def test_the_published_weights_are_those_that_open_clip_imports_to() -> None:
    theirs = {
        (architecture, tag): open_clip.get_pretrained_cfg(architecture, tag)
        for architecture, tag in open_clip.list_pretrained()
    }
    ours = {(architecture, tag): catalogue.published_weights(architecture).get(tag) for architecture, tag in theirs}
    assert len(theirs) > 100
    assert ours == {
        key: catalogue.PublishedWeights(
            config.get("hf_hub", ""), config.get("url", ""), config.get("quick_gelu", False)
        )
        for key, config in theirs.items()
    }


def test_every_built_in_architecture_has_a_dimension_and_an_input_size() -> None:
    assert set(open_clip.list_models()) <= {*catalogue.architecture_names(), "small-64", "small-96"}
    for name in catalogue.architecture_names():
        config = open_clip.get_model_config(name)
        architecture = catalogue.architecture(name)
        assert architecture is not None
        assert (architecture.name, architecture.dimension) == (name, config["embed_dim"])
        assert architecture.input_size == config["vision_cfg"]["image_size"]
