"""Drawings of the things one wears or carries: t-shirt, sneaker, handbag, cap, backpack.

Each function paints one product on a canvas, back to front. The product stands on y = 0.62.
"""

from __future__ import annotations

import numpy as np

from prodgen_lib.data.cloth import DARK, METAL, STEEL, WHITE, Product
from prodgen_lib.data.drawing import (
    Canvas,
    Field,
    arc,
    box,
    disc,
    edge_shade,
    ellipse,
    line,
    polygon,
    ring,
    side,
    sides,
    smooth_max,
    smooth_min,
)


def t_shirt(c: Canvas, p: Product) -> None:
    """Style 0 round neck, 1 V-neck. proportion: width of the body; detail: length of the sleeve."""
    ax, half = np.abs(c.x), 0.35 + 0.06 * p.proportion
    cloth, light = p.cloth(c, c.x, c.y), 1.03 - 0.12 * c.left
    shoulder, armpit = (half - 0.02, -0.47), (half - 0.02, -0.12)
    sleeve, cuff = t_shirt_sleeve(ax, c.y, half, p.detail)
    c.paint(sleeve, p.panel if p.pattern == "two-tone" else cloth, 0.93 * light)
    c.paint(cuff, p.second, 0.9 * light)
    chain = [(0, -0.56), (0.14, -0.56), shoulder, armpit, (half, 0.59), (0, 0.61)]
    body = sides(ax, c.y, chain, 0.04)
    c.paint(np.maximum(ring(body, 0.03), sleeve), DARK, opacity=0.22)
    c.paint(body, cloth, light * edge_shade(body, 0.12, 0.12))
    c.paint(np.maximum(body, np.abs(c.y - 0.53) - 0.010), DARK, opacity=0.18)
    if p.style == 0:
        neck = ellipse(c.x, c.y, 0, -0.57, 0.165, 0.13)
    else:
        neck = side(ax, c.y, (0.15, -0.62), (0.0, -0.33))
    c.paint(np.maximum(neck - 0.045, body), p.second, light)
    c.paint(np.maximum(neck, body - 0.01), p.main, 0.45)


def t_shirt_sleeve(ax: Field, y: Field, half: Field, length: Field) -> tuple[Field, Field]:
    """Both sleeves, and their cuffs, of a shirt that is `half` wide from its middle."""
    reach, drop = 0.16 + 0.16 * length, 0.20 + 0.16 * length
    outer = (half - 0.02 + reach, -0.47 + drop)
    inner = (half - 0.17 + reach, -0.24 + drop * 0.85)
    chain = [(0.12, -0.56), (half - 0.02, -0.47), outer, inner, (half - 0.06, -0.12)]
    sleeve = polygon(ax, y, chain, 0.03)
    return sleeve, np.maximum(sleeve, -side(ax, y, outer, inner) - 0.045)


def sneaker(c: Canvas, p: Product) -> None:
    """Style 0 low, 1 high. proportion: height of the ankle; detail: thickness of the sole.

    The toe points to the left.
    """
    thick = 0.05 + 0.025 * p.detail
    floor = 0.61 - 2 * thick
    ankle = floor - 0.40 - 0.08 * p.proportion - 0.20 * p.style
    upper = sneaker_upper(c, ankle, floor)
    light = edge_shade(upper, 0.14, 0.22) * (1.05 - 0.12 * c.y)
    tongue = line(c.x, c.y, (0.0, ankle + 0.06), (0.06, ankle - 0.07), 0.15)
    c.paint(tongue, p.second, 0.92)
    mouth = ellipse(c.x, c.y, 0.33, ankle - 0.03, 0.24, 0.085)
    c.paint(upper, p.cloth(c, c.x, c.y - 0.08), light)
    c.paint(np.maximum(upper, ring(mouth, 0.06)), p.panel, 0.82)
    c.paint(np.maximum(upper, mouth), DARK, 1.3)
    heel = np.maximum(upper, ellipse(c.x, c.y, 0.72, floor, 0.34, floor - ankle + 0.06))
    c.paint(heel, p.panel, 0.9 * light)
    if p.pattern in ("plain", "gradient"):
        swing = c.y - floor + 0.10 + arc(c.x, 0.32, 0.5, 0.16)
        flash = np.maximum(np.abs(swing) - 0.035, np.abs(c.x - 0.10) - 0.24)
        c.paint(np.maximum(upper, flash), p.second, light)
    toe = np.maximum(upper, ellipse(c.x, c.y, -0.68, floor + 0.06, 0.28, 0.27))
    c.paint(toe, p.second if p.pattern == "two-tone" else WHITE, light)
    sneaker_laces(c, ankle, floor)
    sole = box(c.x, c.y, -0.02, 0.61 - thick, 0.70, thick, thick * 0.9)
    c.paint(sole, WHITE, 1.0 - 1.2 * (c.y - floor))
    c.paint(np.maximum(sole, np.abs(c.y - 0.60 + thick) - 0.012), p.second)


def sneaker_upper(c: Canvas, ankle: Field, floor: Field) -> Field:
    """The shoe above the sole: a low round toe that flows into the shaft."""
    toe = ellipse(c.x, c.y, -0.36, floor + 0.02, 0.34, 0.20)
    shaft = polygon(
        c.x,
        c.y,
        [(-0.34, floor - 0.16), (0.02, ankle), (0.58, ankle - 0.05), (0.63, floor), (-0.34, floor)],
        0.08,
    )
    return smooth_max(smooth_min(toe, shaft, 0.14), c.y - floor - 0.04, 0.02)


def sneaker_laces(c: Canvas, ankle: Field, floor: Field) -> None:
    """Laces over the instep, from the toe cap to the tongue."""
    rise = ankle - floor
    for t in (0.48, 0.66, 0.84, 1.02):
        x, y = 0.44 * t - 0.44, floor + rise * t
        c.paint(line(c.x, c.y, (x - 0.04, y + 0.01), (x + 0.11, y + 0.08), 0.042), WHITE)


def handbag(c: Canvas, p: Product) -> None:
    """Style 0 flap and clasp, 1 open tote. proportion: width; detail: height of the handle."""
    ax, wide, top = np.abs(c.x), 0.44 + 0.12 * p.proportion, -0.10
    narrow, rise = wide * 0.80, 0.30 + 0.18 * p.detail
    grip = ellipse(c.x, c.y, 0, top, narrow * 0.62, rise)
    if p.style == 1:
        far = ellipse(c.x, c.y, 0.06, top, narrow * 0.6, rise)
        c.paint(np.maximum(ring(far, 0.05), c.y - top), p.second, 0.6)
    handle = np.maximum(ring(grip, 0.075), c.y - top - 0.03)
    c.paint(handle, p.second, edge_shade(handle, 0.05, 0.3))
    body = sides(ax, c.y, [(0, top), (narrow, top), (wide, 0.59), (0, 0.61)], 0.10)
    light = edge_shade(body, 0.16, 0.2) * (1.03 - 0.12 * c.left)
    c.paint(body, p.cloth(c, c.x, c.y - 0.12), light)
    if p.style == 0:
        handbag_flap(c, p, body, light, wide)
    else:
        c.paint(np.maximum(body, c.y - top - 0.09), p.panel, light * 0.9)
        c.paint(np.maximum(body, np.abs(c.y - top - 0.10) - 0.008), DARK, opacity=0.4)
        c.paint(disc(ax, c.y, narrow * 0.60, top + 0.05, 0.035), METAL)
        c.paint(box(c.x, c.y, 0, 0.30, 0.11, 0.065, 0.02), p.second, 0.95)


def handbag_flap(c: Canvas, p: Product, body: Field, light: Field, wide: Field) -> None:
    """The flap that closes a bag, its shadow and its clasp."""
    flap = np.maximum(body, c.y - 0.13 - arc(c.x, 0, wide, 0.10))
    c.paint(np.maximum(body, flap - 0.03), DARK, opacity=0.25, blur=0.06)
    c.paint(flap, p.panel, light * 1.04)
    c.paint(disc(c.x, c.y, 0, 0.21, 0.07), METAL, 1.0 - 1.2 * (c.y - 0.21))
    c.paint(disc(c.x, c.y, 0, 0.21, 0.027), STEEL, 0.7)


def cap(c: Canvas, p: Product) -> None:
    """Style 0 plain front, 1 patch on the front. proportion: height; detail: length of the visor.

    The visor points to the right.
    """
    base, rise = 0.42, 0.54 + 0.12 * p.proportion
    dome = ellipse(c.x, c.y, -0.14, base, 0.52, rise)
    dome = smooth_max(dome, np.abs(c.x + 0.14) - 0.48, 0.10)
    crown = smooth_max(dome, c.y - base - arc(c.x, -0.14, 0.50, 0.07), 0.04)
    light = edge_shade(crown, 0.22, 0.25) * (1.05 - 0.15 * c.left)
    c.paint(disc(c.x, c.y, -0.14, base - rise, 0.05), p.second, 0.9)
    c.paint(crown, p.cloth(c, c.x, c.y - 0.06), light)
    if p.pattern == "two-tone":
        back = ellipse(c.x, c.y, -0.60, base, 0.40, rise)
        c.paint(np.maximum(crown, back), p.second, light)
    for half in (0.10, 0.33):
        seam = ring(ellipse(c.x, c.y, -0.14, base, half, rise * 0.98), 0.012)
        c.paint(np.maximum(crown, seam), DARK, opacity=0.28)
    band = np.abs(c.y - base + 0.03 - arc(c.x, -0.14, 0.50, 0.07)) - 0.012
    c.paint(np.maximum(crown, band), DARK, opacity=0.25)
    if p.style == 1:
        c.paint(ellipse(c.x, c.y, 0.13, base - 0.22, 0.095, 0.12), WHITE, light)
    cap_visor(c, p, base, 0.62 + 0.16 * p.detail)


def cap_visor(c: Canvas, p: Product, base: float, right: Field) -> None:
    """The visor: a thin curved blade from the middle of the crown to the right."""
    left = -0.02
    middle, half = (left + right) * 0.5, (right - left) * 0.5
    slope = base + 0.065 * (c.x - left) / half
    upper = slope + 0.03 - arc(c.x, middle, half, 0.12)
    lower = slope + 0.06 + arc(c.x, middle, half, 0.05)
    blade = smooth_max(upper - c.y, c.y - lower, 0.03)
    blade = smooth_max(blade, np.abs(c.x - middle) - half, 0.02)
    c.paint(blade - 0.02, DARK, opacity=0.2, blur=0.08)
    c.paint(blade, p.second, 1.05 - 0.8 * (c.y - base))


def backpack(c: Canvas, p: Product) -> None:
    """Style 0 zipped top, 1 lid with buckle. proportion: height; detail: size of the pocket."""
    top, bottom = -0.38 - 0.16 * p.proportion, 0.60
    middle, half = (top + bottom) * 0.5, (bottom - top) * 0.5
    ax = np.abs(c.x)
    c.paint(ring(ellipse(c.x, c.y, 0, top, 0.11, 0.10), 0.05), p.second, 0.7)
    strap = ring(ellipse(ax, c.y, 0.30, middle + 0.06, 0.16, half * 0.72), 0.07)
    c.paint(strap, p.second, 0.55)
    pouch = box(ax, c.y, 0.40, 0.38, 0.085, 0.17, 0.06)
    c.paint(pouch, p.panel, 0.8 * edge_shade(pouch, 0.06, 0.3))
    body = box(c.x, c.y, 0, middle, 0.40, half, 0.22)
    light = edge_shade(body, 0.18, 0.25) * (1.05 - 0.2 * c.left)
    c.paint(body, p.cloth(c, c.x, c.y), light)
    size = 0.12 + 0.06 * p.detail
    pocket = box(c.x, c.y, 0, 0.52 - size, 0.29, size, 0.07)
    c.paint(pocket - 0.02, DARK, opacity=0.3, blur=0.07)
    c.paint(pocket, p.panel, 1.03 * edge_shade(pocket, 0.1, 0.15))
    c.paint(box(c.x, c.y, 0, 0.52 - size * 1.45, 0.22, 0.016), DARK, opacity=0.75)
    if p.style == 0:
        zipper = np.maximum(ring(body + 0.10, 0.022), c.y - middle + 0.06)
        c.paint(zipper, DARK, opacity=0.6)
        c.paint(box(c.x, c.y, 0, middle - 0.12, 0.085, 0.05, 0.02), p.second)
    else:
        lid = np.maximum(body, c.y - middle + 0.02 - arc(c.x, 0, 0.4, 0.07))
        c.paint(np.maximum(body, lid - 0.02), DARK, opacity=0.3, blur=0.06)
        c.paint(lid, p.panel, light)
        c.paint(box(ax, c.y, 0.17, middle + 0.02, 0.03, 0.11, 0.01), p.second, 0.75)
        c.paint(box(ax, c.y, 0.17, middle + 0.08, 0.045, 0.03, 0.01), METAL)
