"""Small networks that stand in for large ones, in both frameworks."""

from __future__ import annotations

from typing import Any

from prodgen_lib.checking.exercise import Framework


def detail_network(framework: Framework, *, factor: int) -> Any:
    """Pictures of one channel to factor² channels; it sees two pixels to each side."""
    if framework.name == "torch":
        from torch import nn

        last = nn.Conv2d(4, factor**2, 3, padding=1)
        return nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.Tanh(), last)
    import keras

    first = keras.layers.Conv2D(4, 3, padding="same", activation="tanh")
    last = keras.layers.Conv2D(factor**2, 3, padding="same")
    return keras.Sequential([keras.Input((None, None, 1)), first, last])


def doubling_network(framework: Framework) -> Any:
    """Colour pictures to colour pictures twice as large."""
    if framework.name == "torch":
        from torch import nn

        last = nn.Conv2d(4, 3, 3, padding=1)
        twice = nn.Upsample(scale_factor=2)
        return nn.Sequential(twice, nn.Conv2d(3, 4, 3, padding=1), nn.Tanh(), last)
    import keras

    first = keras.layers.Conv2D(4, 3, padding="same", activation="tanh")
    last = keras.layers.Conv2D(3, 3, padding="same")
    twice = keras.layers.UpSampling2D(2)
    return keras.Sequential([keras.Input((None, None, 3)), twice, first, last])
