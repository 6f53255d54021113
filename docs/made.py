"""Draw what the course's models make: a row a chapter, from the weights that ship with it.

Run it in PyTorch's environment after a change to the weights. Chapters 3 and 10 measure and search;
they make no pictures.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from prodgen_lib.data import load
from prodgen_lib.torch import autoencoder, cgan, drawing, flows, gan, superres, vae

COLUMNS, SIDE, GAP, MARGIN = 10, 72, 4, 200
INK = (40, 40, 40)


def rows() -> Iterator[tuple[str, np.ndarray]]:
    """``(words, ten pictures)`` of each chapter; pictures are uint8 (10, size, size, 3)."""
    drawn = load("catalogue", split="test", limit=COLUMNS).images
    packed = autoencoder.load_pretrained()
    codes = autoencoder.encode(packed.encoder, drawn)
    yield "4  packed into 32 numbers\nand unpacked", autoencoder.decode(packed.decoder, codes)
    model, ways = vae.load_pretrained(), np.linspace(0, 1, COLUMNS, dtype=np.float32)[:, None]
    shirt, lamp = vae.encode(model.encoder, drawn[[0, 6]])[0]
    walk = vae.decode(model.decoder, (1 - ways) * shirt + ways * lamp)
    yield "5  from a shirt to a lamp", walk
    yield "6  made from noise", gan.sample(gan.load_pretrained(), COLUMNS, classes=10, seed=1)
    wishes = np.array([(3, colour) for colour in range(COLUMNS)])
    yield "7  the colour you ask for", cgan.sample(cgan.load_pretrained(), wishes, seed=1)
    large = load("catalogue", size=64, split="test", limit=COLUMNS).images
    small = superres.shrink(large, factor=4)
    yield "8  from 16 pixels …", small
    network = superres.load_pretrained(factor=4)
    yield "     … to 64", superres.enlarge_pictures(network, small, factor=4)
    orders = np.array(
        [(kind, (5 * kind) % 12, kind % 4, (5 * kind + 4) % 12) for kind in range(10)]
    )
    yield (
        "11  as asked: kind, colours,\npattern",
        flows.sample(flows.load_pixels(), orders, scale=1.5),
    )
    drawn = drawing.draw(drawing.load_drawer(), orders, seed=2)
    pictures = vae.decode(flows.load_codes().decoder, drawn)
    yield "12  the same, written by a\nlanguage model", pictures


def board(found: list[tuple[str, np.ndarray]]) -> Image.Image:
    """All rows one below the other, with their words at the left."""
    step = SIDE + GAP
    sheet = Image.new("RGB", (MARGIN + COLUMNS * step, len(found) * step + GAP), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=15)
    for row, (words, pictures) in enumerate(found):
        top = GAP + row * step
        pen.text((8, top + SIDE // 2), words, fill=INK, font=font, anchor="lm")
        for column, picture in enumerate(pictures):
            small = len(picture) < 32
            how = Image.Resampling.NEAREST if small else Image.Resampling.LANCZOS
            tile = Image.fromarray(picture).resize((SIDE, SIDE), how)
            sheet.paste(tile, (MARGIN + column * step, top))
    return sheet


if __name__ == "__main__":
    board(list(rows())).save(Path(__file__).with_name("made.png"), optimize=True)
