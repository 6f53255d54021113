"""Colours moved inside of a matte: the rim keeps its wall, and the wall keeps its colours."""

import importlib

import numpy as np

from prodgen_lib.plain.shots import drawn


def test_colours_that_stay_leave_the_picture(fw):
    on, stylise = fw.bridge, importlib.import_module(f"prodgen_lib.{fw.name}.stylise")
    shot = drawn({"category": [3], "main": 0, "second": 5, "pattern": 1}, 32)
    images, matte, wall = map(on.image_tensor, (shot.pictures, shot.matte, shot.wall))
    cloud = on.to_tensor(np.zeros((1, 3)))
    still = stylise.move_colours(images, matte, wall, [cloud], lambda points, _: points)
    assert np.abs(on.image_array(still) - shot.pictures).max() < 0.02
    there = stylise.through_lab(lambda points, _: points)
    back = stylise.move_colours(images, matte, wall, [cloud], there)
    assert np.abs(on.image_array(back) - shot.pictures).max() < 0.02


def test_what_is_no_product_stays_and_the_rest_takes_the_cloud(fw):
    on, stylise = fw.bridge, importlib.import_module(f"prodgen_lib.{fw.name}.stylise")
    shot = drawn({"category": [3], "main": 0, "second": 5, "pattern": 1}, 32)
    images, matte, wall = map(on.image_tensor, (shot.pictures, shot.matte, shot.wall))
    grey = on.to_tensor(np.full((4, 3), 0.5))
    way = importlib.import_module(f"prodgen_lib.{fw.name}.style").match_moments
    found = on.image_array(stylise.move_colours(images, matte, wall, [grey], way))
    outside, inside = shot.matte[..., 0] == 0, shot.matte[..., 0] == 1
    assert np.array_equal(found[outside], shot.pictures[outside])
    assert np.abs(found[inside] - 0.5).max() < 0.02
