"""Errors of a pixel: PSNR, its gradient, and everything about ranges."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from prodgen_lib.checking.exercise import Complaint, Observation
from prodgen_lib.exercises.common import flat, raised


def of_one_picture(metric: Callable) -> Callable:
    """The metric, with a complaint where one picture stops it: batches came first, and passed."""

    def call(*pictures: object) -> object:
        try:
            return metric(*pictures)
        except Exception as error:
            name = type(error).__name__
            raise Complaint(
                f"With one picture, without the axis of a batch, it stops with {name}: count axes "
                "from the end, -3, -2 and -1.",
                f"只给一张图片（没有批次维）时出现 {name}：请从后往前数维度，用 -3、-2 和 -1。",
            ) from error

    return call


def batch_invariants(
    metric: Callable, images: np.ndarray, targets: np.ndarray, look: object
) -> Observation:
    """The values of a batch turned round and of one picture; what other shapes raise."""
    pair = look.pictures(images), look.pictures(targets)
    usual = look.array(metric(*pair))
    if usual.shape != images.shape[:1]:
        return {
            "invariant each picture by itself": np.zeros(0),
            "invariant other shapes": np.asarray(""),
        }
    turned = look.array(metric(look.pictures(images[::-1]), look.pictures(targets[::-1])))
    single = look.array(metric(look.pictures(images[:1]), look.pictures(targets[:1])))
    grey = look.pictures(targets[..., :1])
    return {
        "invariant each picture by itself": flat([turned, single]),
        "invariant other shapes": raised(metric, pair[0], grey),
    }


GRADIENTS = "gradient of the images", "gradient of the targets"
