"""Enlarging a photograph: tiles that leave no seam, in little memory."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from prodgen_lib.show.picture_file import strips


def test_strips_cover_a_side_once():
    for length in (1, 95, 96, 97, 250):
        small, large = np.arange(length), np.full(2 * length, -1)
        for place, near, kept in strips(length, factor=2):
            assert (large[place] == -1).all()
            large[place] = small[near].repeat(2)[kept]
        assert (large == small.repeat(2)).all()


@pytest.mark.slow
@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_twelve_megapixels_in_500_megabytes(framework):
    code = (
        "import resource, numpy as np\n"
        f"from prodgen_lib.{framework} import superres\n"
        "def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        "superres.upscale(np.zeros((120, 120, 3), np.uint8))\n"
        "before = peak()\n"
        "large = superres.upscale(np.zeros((3000, 4000, 3), np.uint8))\n"
        "assert large.shape == (6000, 8000, 3)\n"
        "assert peak() - before < 500, peak() - before\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
