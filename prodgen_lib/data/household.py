"""Drawings of the things of a house: mug, bottle, chair, lamp, watch.

Each function paints one product on a canvas, back to front. The product stands on y = 0.62.
"""

from __future__ import annotations

import numpy as np

from prodgen_lib.data.cloth import DARK, METAL, PAPER, STEEL, WHITE, Product
from prodgen_lib.data.drawing import (
    Canvas,
    Field,
    Number,
    arc,
    box,
    direction,
    disc,
    edge_shade,
    ellipse,
    line,
    ramp,
    ring,
    round_shade,
    sides,
    smooth_max,
)


def mug(c: Canvas, p: Product) -> None:
    """Style 0 straight, 1 wider at the rim. proportion: height; detail: size of the handle."""
    top, bottom = -0.16 - 0.32 * p.proportion, 0.54
    lean = 0.10 * p.style
    half = 0.40 - lean * ramp(c.y, top, bottom)
    grip = 0.17 + 0.06 * p.detail
    middle = (top + bottom) * 0.5 + 0.02
    handle = ring(ellipse(c.x, c.y, 0.40 - lean * 0.5, middle, grip + 0.05, grip * 1.15), 0.10)
    c.paint(handle, p.panel, edge_shade(handle, 0.06, 0.3))
    curve = arc(c.left, 0, 0.40, 0.08)
    body = smooth_max(np.abs(c.x) - half, c.y - bottom - curve, 0.06)
    body = np.maximum(body, top - c.y)
    c.paint(body, p.cloth(c, c.x, c.y - curve), round_shade(c.left, half))
    shine = box(c.left, c.y, -0.22, middle, 0.035, (bottom - top) * 0.33, 0.03)
    c.paint(shine, WHITE, opacity=0.35)
    c.paint(ellipse(c.x, c.y, 0, top, 0.405, 0.095), p.main, 1.06 - 0.1 * c.left)
    c.paint(ellipse(c.x, c.y, 0, top + 0.005, 0.355, 0.068), p.second, 0.62 + 0.25 * c.left)
    c.paint(ellipse(c.x, c.y, 0, top + 0.035, 0.29, 0.035), DARK, opacity=0.55)


def bottle(c: Canvas, p: Product) -> None:
    """Style 0 slim neck, 1 wide neck and cap. proportion: width; detail: slope of the shoulder."""
    half, neck = 0.20 + 0.07 * p.proportion, 0.075 + 0.045 * p.style
    top, shoulder = -0.62 + 0.08 * p.style, -0.16 - 0.08 * p.style
    rise = 0.14 + 0.26 * p.detail
    wide = neck + (half - neck) * ramp(c.y, shoulder - rise * 0.5, shoulder + rise * 0.5)
    body = smooth_max(np.abs(c.x) - wide, c.y - 0.60 - arc(c.x, 0, half, 0.03), 0.07)
    glass = np.maximum(body, top - c.y)
    light = round_shade(c.left, wide, 0.5)
    c.paint(glass, p.cloth(c, c.x, c.y), light)
    wrap = np.maximum(body, np.abs(c.y - 0.22 - arc(c.x, 0, half, 0.02)) - 0.17)
    c.paint(wrap, p.second if p.pattern == "two-tone" else PAPER, light)
    mark = box(c.x, c.y, 0, 0.20, half * 0.55, 0.028)
    c.paint(mark, p.main if p.pattern == "two-tone" else p.second, light)
    c.paint(box(c.x, c.y, 0, 0.30, half * 0.38, 0.014), STEEL, opacity=0.7)
    collar = box(c.x, c.y, 0, top + 0.10, neck + 0.02, 0.022, 0.02)
    c.paint(collar, p.main, 0.8 * light)
    cap = box(c.x, c.y, 0, top - 0.01, neck + 0.028, 0.075, 0.025)
    c.paint(cap, p.second, round_shade(c.left, neck + 0.03, 0.5))
    shine = box(c.left, c.y, -half * 0.55, 0.22, 0.02, 0.30, 0.02)
    c.paint(shine, WHITE, opacity=0.45)
    c.paint(box(c.left, c.y, -neck * 0.45, top + 0.22, 0.014, 0.09, 0.014), WHITE, opacity=0.45)


def chair(c: Canvas, p: Product) -> None:
    """Style 0 slats, 1 panel, 2 round back. proportion: height of the back; detail: leg spread."""
    wood, light = p.second, 1.0 - 0.15 * c.left
    spread = 0.02 + 0.08 * p.detail
    ax = np.abs(c.x)
    c.paint(line(ax, c.y, (0.26, 0.1), (0.26 + spread * 0.4, 0.50), 0.065), wood, 0.55 * light)
    chair_back(c, p, -0.44 - 0.20 * p.proportion, 0.12)
    c.paint(line(ax, c.y, (0.37, 0.2), (0.37 + spread, 0.60), 0.075), wood, 0.95 * light)
    seat = sides(ax, c.y, [(0, 0.02), (0.33, 0.02), (0.44, 0.18), (0, 0.18)], 0.05)
    c.paint(seat, p.main if p.pattern == "block" else p.cloth(c, c.x, c.y), 1.06 * light)
    c.paint(box(c.x, c.y, 0, 0.21, 0.44, 0.04, 0.03), p.panel, 0.72 * light)


def chair_back(c: Canvas, p: Product, top: Field, seat_y: float) -> None:
    """The back of a chair between `top` and the seat."""
    colour, light = p.cloth(c, c.x, c.y + 0.42), 1.0 - 0.15 * c.left
    ax, middle = np.abs(c.x), (top - 0.04) * 0.5
    c.paint(line(ax, c.y, (0.28, top + 0.1), (0.28, seat_y), 0.06), p.second, 0.8 * light)
    if p.style == 0:
        slat = np.minimum(ax, np.abs(ax - 0.145)) - 0.028
        slat = np.maximum(slat, np.maximum(top - c.y, c.y - seat_y + 0.04))
        c.paint(slat, p.panel, 0.88 * light)
        rails = np.minimum(
            box(c.x, c.y, 0, top + 0.07, 0.34, 0.085, 0.05),
            box(c.x, c.y, 0, -0.08, 0.30, 0.035, 0.02),
        )
        c.paint(rails, colour, light)
        return
    if p.style == 1:
        back = box(c.x, c.y, 0, middle, 0.36, -middle, 0.12)
    else:
        back = ellipse(c.x, c.y, 0, middle, 0.34, -middle)
    c.paint(back, colour, edge_shade(back, 0.12, 0.18) * light)


def lamp(c: Canvas, p: Product) -> None:
    """Style 0 thin stem, 1 turned base. proportion: width of the shade; detail: its taper."""
    wide = 0.34 + 0.14 * p.proportion
    narrow = wide * (0.72 - 0.30 * p.detail)
    light = round_shade(c.left, 0.16, 0.4)
    if p.style == 0:
        stem = box(c.x, c.y, 0, 0.2, 0.035, 0.36, 0.01)
    else:
        t = (c.y - 0.22) / 0.36
        belly = 0.05 + 0.12 * (1 - t * t) * (1 - 0.55 * t)
        stem = smooth_max(np.abs(c.x) - belly, np.abs(c.y - 0.22) - 0.34, 0.05)
    foot = ellipse(c.x, c.y, 0, 0.57, 0.22, 0.06)
    c.paint(foot, p.second, 0.92 * light)
    top, bottom = -0.62, -0.06
    c.paint(stem, p.second, light * (0.6 + 0.4 * ramp(c.y, bottom, bottom + 0.22)))
    shade = sides(
        np.abs(c.x), c.y, [(0.0, top), (narrow, top), (wide, bottom), (0.0, bottom)], 0.02
    )
    glow = 1.12 - 0.30 * np.abs(c.left + 0.06) / wide + 0.10 * (c.y - top)
    c.paint(shade, p.cloth(c, c.x / wide * 0.4, c.y + 0.36), glow)
    c.paint(np.maximum(shade, np.abs(c.y - bottom + 0.02) - 0.022), p.panel, 0.85 * glow)
    c.paint(np.maximum(shade, np.abs(c.y - top - 0.015) - 0.018), p.panel, 0.8 * glow)


def watch(c: Canvas, p: Product) -> None:
    """Style 0 round, 1 square case. proportion: size; detail: the time, as a share of 12 hours."""
    radius = 0.31 + 0.08 * p.proportion
    ay = np.abs(c.y)
    strap = sides(np.abs(c.x), ay, [(0.22, 0.0), (0.15, 0.63), (0.0, 0.63)], 0.05)
    c.paint(strap, p.cloth(c, c.x, c.y - 0.27), edge_shade(strap, 0.06, 0.25))
    for y in (0.42, 0.50, 0.58):
        c.paint(disc(c.x, c.y, 0, y, 0.014), DARK, opacity=0.6)
    c.paint(box(c.x, c.y, 0, -0.56, 0.16, 0.03, 0.02), STEEL)
    c.paint(box(c.x, c.y, radius + 0.02, 0, 0.04, 0.045, 0.015), STEEL)
    if p.style == 0:
        case = disc(c.x, c.y, 0, 0, radius)
    else:
        case = box(c.x, c.y, 0, 0, radius * 0.92, radius * 0.92, 0.10)
    c.paint(case, METAL, 1.05 - 0.5 * (c.left + c.y))
    bezel, dial = (STEEL, p.second) if p.pattern == "two-tone" else (p.second, PAPER)
    c.paint(case + 0.02, bezel, 1.0 + 0.25 * (c.left + c.y))
    c.paint(case + 0.055, dial, 1.0 + 0.1 * c.y)
    dial_marks(c, radius * 0.72)
    watch_hands(c, p, radius)


def dial_marks(c: Canvas, reach: Number) -> None:
    """Four marks at 12, 3, 6 and 9."""
    ax, ay = np.abs(c.x), np.abs(c.y)
    mark = np.minimum(box(ax, ay, reach, 0, 0.03, 0.012), box(ax, ay, 0, reach, 0.012, 0.03))
    c.paint(mark, DARK, opacity=0.8)


def watch_hands(c: Canvas, p: Product, radius: Number) -> None:
    """Hour and minute hand at the time `detail`."""
    ink = p.main if p.pattern == "two-tone" else DARK
    for turns, length, width in ((p.detail, 0.42, 0.055), (p.detail * 12, 0.66, 0.04)):
        cosine, sine = direction(turns)
        tip = (sine * radius * length, -cosine * radius * length)
        c.paint(line(c.x, c.y, (0.0, 0.0), tip, width), ink)
    c.paint(disc(c.x, c.y, 0, 0, 0.035), p.main)
