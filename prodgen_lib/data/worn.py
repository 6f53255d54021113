"""Drawings of the things one wears or carries: t-shirt, sneaker, handbag, cap, backpack.

Each function paints one product on a canvas, back to front. The product stands on y = 0.62.
"""

from __future__ import annotations

import numpy as np

from prodgen_lib.data.cloth import DARK, METAL, PAPER, STEEL, WHITE, Product
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
    reach, drop = 0.16 + 0.16 * p.detail, 0.20 + 0.16 * p.detail
    shoulder, armpit = half - 0.02, -0.12
    sleeve = polygon(
        ax,
        c.y,
        [
            (0.12, -0.56),
            (shoulder, -0.47),
            (shoulder + reach, -0.47 + drop),
            (half + reach - 0.17, armpit - 0.12 + drop * 0.85),
            (half - 0.06, armpit),
        ],
        0.03,
    )
    cloth, light = p.cloth(c, c.x, c.y), 1.03 - 0.12 * c.left
    c.paint(sleeve, p.panel if p.pattern == "two-tone" else cloth, 0.93 * light)
    cuff = np.maximum(sleeve, -sleeve - 0.03)
    body = sides(
        ax,
        c.y,
        [(0.0, -0.56), (0.14, -0.56), (shoulder, -0.47), (half - 0.02, armpit), (half, 0.58), (0, 0.60)],
        0.04,
    )
    c.paint(np.maximum(ring(body, 0.03), sleeve), DARK, opacity=0.22)
    c.paint(body, cloth, light * edge_shade(body, 0.12, 0.12))
    c.paint(np.maximum(body, np.abs(c.y - 0.53) - 0.010), DARK, opacity=0.18)
    if p.style == 0:
        neck = ellipse(c.x, c.y, 0, -0.57, 0.165, 0.13)
    else:
        neck = sides(ax, c.y, [(0.15, -0.62), (0.0, -0.33)], 0.0) * 1.0
        neck = np.maximum(neck, -0.6 - c.y)
    above = np.maximum(neck - 0.045, body)
    c.paint(above, p.second, light)
    c.paint(np.maximum(neck, body - 0.01), p.main, 0.45)


def sneaker(c: Canvas, p: Product) -> None:
    """Style 0 low, 1 high. proportion: height of the ankle; detail: thickness of the sole.

    The toe points to the left.
    """
    ankle = -0.12 - 0.10 * p.proportion - 0.16 * p.style
    thick = 0.055 + 0.03 * p.detail
    ground = 0.60
    floor = ground - 2 * thick
    toe = ellipse(c.x, c.y, -0.40, floor + 0.02, 0.30, 0.24)
    shaft = polygon(
        c.x,
        c.y,
        [(-0.50, floor - 0.22), (0.02, ankle), (0.56, ankle - 0.04), (0.62, floor + 0.05), (-0.5, floor + 0.05)],
        0.06,
    )
    upper = smooth_max(smooth_min(toe, shaft, 0.10), c.y - floor - 0.04, 0.02)
    mouth = ellipse(c.x, c.y, 0.33, ankle - 0.05, 0.22, 0.09)
    light = edge_shade(upper, 0.14, 0.2) * (1.02 - 0.1 * c.y)
    tongue = polygon(c.x, c.y, [(-0.10, ankle + 0.05), (0.02, ankle - 0.10), (0.15, ankle - 0.08), (0.12, ankle + 0.1)], 0.03)
    c.paint(tongue, p.second, 0.9)
    c.paint(upper, p.cloth(c, c.x, c.y - 0.1), light)
    c.paint(np.maximum(upper, mouth), DARK, 1.3)
    c.paint(np.maximum(upper, ring(mouth, 0.05)), p.panel, 0.8)
    heel = np.maximum(upper, 0.42 - c.x + 0.25 * (c.y - floor))
    c.paint(heel, p.panel, 0.92 * light)
    flash = np.abs(c.y - (floor - 0.14) - 0.35 * (c.x - 0.2) + 0.0) - 0.045
    c.paint(np.maximum(np.maximum(upper, flash), np.abs(c.x - 0.16) - 0.24), p.second, light)
    cap = np.maximum(upper, ellipse(c.x, c.y, -0.62, floor + 0.08, 0.26, 0.27))
    c.paint(cap, WHITE if p.pattern != "two-tone" else p.second, light)
    sneaker_laces(c, ankle, floor)
    sole = box(c.x, c.y, -0.03, ground - thick, 0.68, thick, thick * 0.8)
    c.paint(sole, WHITE, 1.0 - 0.25 * (c.y - floor) / 0.2)
    c.paint(np.maximum(sole, np.abs(c.y - ground + thick * 0.9) - 0.012), p.second, opacity=0.9)


def sneaker_laces(c: Canvas, ankle: Field, floor: Field) -> None:
    """Laces over the instep, from the toe cap to the tongue."""
    ax, ay, bx, by = -0.40, floor - 0.20, -0.02, ankle + 0.04
    for t in (0.22, 0.48, 0.74, 1.0):
        x, y = ax + (bx - ax) * t, ay + (by - ay) * t
        c.paint(line(c.x, c.y, (x - 0.03, y + 0.0), (x + 0.11, y + 0.09), 0.04), WHITE)


def handbag(c: Canvas, p: Product) -> None:
    """Style 0 flap and clasp, 1 open tote. proportion: width; detail: height of the handle."""
    wide, top = 0.42 + 0.12 * p.proportion, -0.06
    narrow = wide * 0.80
    rise = 0.30 + 0.16 * p.detail
    ax = np.abs(c.x)
    handle = np.maximum(ring(ellipse(c.x, c.y, 0, top, narrow * 0.62, rise), 0.07), c.y - top - 0.03)
    if p.style == 1:
        c.paint(np.maximum(ring(ellipse(c.x, c.y, 0.05, top, narrow * 0.6, rise), 0.05), c.y - top), p.second, 0.6)
    c.paint(handle, p.second, edge_shade(handle, 0.05, 0.3))
    body = sides(ax, c.y, [(0, top), (narrow, top), (wide, 0.58), (0, 0.60)], 0.10)
    light = edge_shade(body, 0.16, 0.2) * (1.03 - 0.12 * c.left)
    c.paint(body, p.cloth(c, c.x, c.y - 0.12), light)
    if p.style == 0:
        flap = np.maximum(body, c.y - 0.14 - arc(c.x, 0, wide, 0.10))
        c.paint(np.maximum(body, flap - 0.03), DARK, opacity=0.25, blur=0.06)
        c.paint(flap, p.panel, light * 1.04)
        c.paint(disc(c.x, c.y, 0, 0.22, 0.065), METAL, 1.0 - 1.2 * (c.y - 0.22))
        c.paint(disc(c.x, c.y, 0, 0.22, 0.025), STEEL, 0.7)
    else:
        c.paint(np.maximum(body, c.y - top - 0.09), p.panel, light * 0.9)
        c.paint(np.maximum(body, np.abs(c.y - top - 0.10) - 0.008), DARK, opacity=0.4)
        c.paint(disc(ax, c.y, narrow * 0.60, top + 0.05, 0.035), METAL)
        c.paint(box(c.x, c.y, 0, 0.28, 0.10, 0.06, 0.02), p.second, 0.95)


def cap(c: Canvas, p: Product) -> None:
    """Style 0 plain front, 1 patch on the front. proportion: height; detail: length of the visor.

    The visor points to the right.
    """
    base, rise = 0.28, 0.50 + 0.12 * p.proportion
    reach = 0.26 + 0.16 * p.detail
    dome = ellipse(c.x, c.y, -0.12, base, 0.48, rise)
    brim_line = base + arc(c.x, -0.12, 0.48, 0.06)
    crown = smooth_max(dome, c.y - brim_line, 0.04)
    light = edge_shade(crown, 0.2, 0.25) * (1.05 - 0.15 * c.left)
    c.paint(disc(c.x, c.y, -0.12, base - rise, 0.05), p.second, 0.9)
    c.paint(crown, p.cloth(c, c.x, c.y), light)
    if p.pattern == "two-tone":
        c.paint(np.maximum(crown, ellipse(c.x, c.y, -0.55, base, 0.42, rise)), p.second, light)
    for centre, half in ((-0.12, 0.12), (-0.12, 0.34)):
        seam = ring(ellipse(c.x, c.y, centre, base, half, rise * 0.98), 0.014)
        c.paint(np.maximum(crown, seam), DARK, opacity=0.35)
    if p.style == 1:
        c.paint(ellipse(c.x, c.y, 0.13, base - 0.17, 0.085, 0.10), WHITE, light)
    cap_visor(c, p, base, reach)


def cap_visor(c: Canvas, p: Product, base: float, reach: Field) -> None:
    """The visor: a thin curved blade from the middle of the crown to the right."""
    left, right = 0.02, 0.36 + reach
    middle, half = (left + right) * 0.5, (right - left) * 0.5
    drop = 0.10 * (c.x - left) / 0.6
    upper = c.y - (base + 0.04 + drop - arc(c.x, middle, half, 0.09))
    lower = c.y - (base + 0.06 + drop + arc(c.x, middle, half, 0.06))
    blade = smooth_max(smooth_max(-upper, lower, 0.03), np.abs(c.x - middle) - half, 0.02)
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
    body = box(c.x, c.y, 0, middle, 0.40, half, 0.0 + 0.22)
    body = np.maximum(body, box(c.x, c.y, 0, middle, 0.40, half, 0.22))
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
