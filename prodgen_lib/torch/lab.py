"""CIE Lab in PyTorch, where equal distances look about equally large: colours turned in it.

Pictures are N×3×H×W in [-1, 1], sRGB. The same functions in Keras: `prodgen_lib.tensorflow.lab`.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from prodgen_lib.torch.augment import each

TO_XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
WHITE = (0.9505, 1.0, 1.089)  # daylight, D65
FOOT = 6 / 29


def to_lab(images: Tensor) -> Tensor:
    """L*, a* and b* of pictures, in the place of red, green and blue (IEC 61966-2-1; CIE 15)."""
    rgb = (images + 1) / 2
    bent = ((rgb.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4
    linear = torch.where(rgb <= 0.04045, rgb / 12.92, bent)
    matrix = torch.tensor(TO_XYZ) / torch.tensor(WHITE)[:, None]
    xyz = torch.einsum("ij,njhw->nihw", matrix, linear)
    root = xyz.clamp(min=FOOT**3) ** (1 / 3)
    x, y, z = torch.where(xyz > FOOT**3, root, xyz / (3 * FOOT**2) + 4 / 29).unbind(dim=1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=1)


def from_lab(lab: Tensor) -> Tensor:
    """Pictures from L*, a* and b*; colours that a screen can't show lie beyond [-1, 1]."""
    light, a, b = lab.unbind(dim=1)
    y = (light + 16) / 116
    f = torch.stack([y + a / 500, y, y - b / 200], dim=1)
    xyz = torch.where(f > FOOT, f**3, 3 * FOOT**2 * (f - 4 / 29))
    matrix = torch.linalg.inv(torch.tensor(TO_XYZ) / torch.tensor(WHITE)[:, None])
    linear = torch.einsum("ij,njhw->nihw", matrix, xyz)
    bent = 1.055 * linear.clamp(min=0.0031308) ** (1 / 2.4) - 0.055
    return 2 * torch.where(linear <= 0.0031308, 12.92 * linear, bent) - 1


def turn_hue_lab(images: Tensor, turns: Tensor) -> Tensor:
    """Colours turned in the plane of a* and b*, by `turns` (N,): the lightness L* stays."""
    light, a, b = to_lab(images).split(1, dim=1)
    angle = each(2 * math.pi * turns)
    turned = angle.cos() * a - angle.sin() * b, angle.sin() * a + angle.cos() * b
    return from_lab(torch.cat([light, *turned], dim=1))
