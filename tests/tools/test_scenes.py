from __future__ import annotations

import random

import pytest

from tools.demo_model import captions, data, scene, tokens, words


def test_training_never_shows_a_held_out_triple() -> None:
    for index in range(400):
        shown = data.scene_at(index, single=200)
        assert not any(scene.held_out(thing.shape, thing.colour, shown.backdrop) for thing in shown.things)


def test_every_shape_colour_and_backdrop_is_both_seen_and_held_out() -> None:
    triples = [
        (shape, colour, behind)
        for shape in words.SHAPE_NAMES
        for colour in words.COLOUR_NAMES
        for behind in words.COLOUR_NAMES
        if colour != behind
    ]
    unseen = [t for t in triples if scene.held_out(t[0], t[1], scene.Backdrop(kind="solid", colour=t[2]))]
    assert 0.08 < len(unseen) / len(triples) < 0.15
    for place, names in ((0, words.SHAPE_NAMES), (1, words.COLOUR_NAMES), (2, words.COLOUR_NAMES)):
        assert {triple[place] for triple in unseen} == set(names)
        assert {triple[place] for triple in set(triples) - set(unseen)} == set(names)


@pytest.mark.parametrize("seed", range(50))
def test_things_lie_inside_the_picture(seed: int) -> None:
    shown = scene.random_scene(random.Random(seed), pair=seed % 2 == 0, emphasis=1)
    for thing in shown.things:
        assert thing.radius_px * 0.8 < thing.x_px < scene.SIDE_PX - thing.radius_px * 0.8
        assert thing.radius_px * 0.8 < thing.y_px < scene.SIDE_PX - thing.radius_px * 0.8


def test_strength_grows_up_to_the_strongest_emphasis() -> None:
    strengths = [scene.strength(weight) for weight in (0, 0.4, 0.7, 1, 1.3, 1.6)]
    assert strengths == sorted(set(strengths))
    assert (strengths[0], strengths[-1], scene.strength(2)) == (0, 1, 1)


def test_an_emphasised_attribute_is_always_named() -> None:
    rnd = random.Random(3)
    for _ in range(300):
        shown = scene.random_scene(rnd, pair=False, emphasis=1)
        weights = [*shown.backdrop.weights.values(), *shown.things[0].weights.values()]
        told = [weight for _, weight in captions.caption(shown, rnd)]
        assert all(weight in told for weight in weights)


def test_captions_use_the_table_alone() -> None:
    known = set(words.vocabulary())
    rnd = random.Random(4)
    for index in range(300):
        shown = scene.random_scene(rnd, pair=index % 2 == 0, emphasis=0.5)
        assert {text for text, _ in captions.caption(shown, rnd)} <= known | {captions.UNKNOWN}


def test_known_words_have_rows_and_unknown_words_share_one() -> None:
    rows, weights = tokens.encode([("a", 1.0), ("red", 1.3), ("zebra", 1.0), ("circle", 1.0), ("violin", 1.0)])
    assert len(rows) == len(weights) == tokens.LENGTH
    assert rows[3] == rows[5] == 0
    assert 0 not in (rows[1], rows[2], rows[4])
    assert weights[2] == 1.3
    assert len(set(rows[6:])) == 1


def test_the_full_prompt_names_everything() -> None:
    thing = scene.Thing(shape="star", colour="orange", size="large", position="left")
    shown = scene.Scene(backdrop=scene.Backdrop(kind="solid", colour="blue"), things=(thing,))
    assert captions.full_prompt(shown) == "a large orange star on the left on a blue background"
