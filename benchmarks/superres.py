"""Gain over bicubic: our network, ESPCN and SRCNN; drawn and real pictures. Writes superres.md.

    python benchmarks/superres.py                              what is not in superres.json yet
    python benchmarks/superres.py torch ours catalogue_full 2 0 60    one run, printed only
    python benchmarks/superres.py page                         superres.md from superres.json

Trained on the training split, pictures of 64 pixels, measured on 200 held-out ones: PSNR and SSIM
of luma, borders cropped by the factor, as in papers. Training is timed by the clock of the
process and ends in the middle of nothing: the learning rate reaches zero when the time is up.
Each run is a process of its own on one thread. Real pictures need `PRODGEN_DATA`.

What is left on pictures of another origin: our network trained on one set, measured on the other;
and the shipped networks on the 81 web-shop pictures of Grocery Store's products (198 pixels, cut
to 196), which no training has seen.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from functools import partial
from itertools import product
from pathlib import Path
from statistics import mean

import numpy as np
from PIL import Image

from prodgen_lib.data import load

HERE = Path(__file__).parent
DATA = ("catalogue_full", "grocery_store")
BUILDERS = {"ours": ("build_network", "enlarge"), "ESPCN": ("build_espcn", "enlarge_espcn")}
BUILDERS |= {"SRCNN": ("build_srcnn", "enlarge_srcnn")}
BUILDERS |= {"ours, wider": ("build_network", "enlarge")}
WIDER = {"width": 32, "blocks": 6}  # for three minutes; in one it sees too few squares
SECONDS = 60
LONG = [("torch", "ours", "catalogue_full", 2), ("torch", "ours, wider", "grocery_store", 2)]
RUNS = [
    *product(("torch",), ("ESPCN", "SRCNN", "ours"), DATA, (2, 4), (0, 1, 2)),
    *product(("tensorflow",), ("ours",), DATA, (2,), (0, 1, 2)),
]


def run(framework: str, name: str, data: str, factor: int, seed: int, seconds: float) -> dict:
    """Train one network for so many seconds of processor time, and measure it."""
    superres, metrics, bridge = (
        importlib.import_module(f"prodgen_lib.{framework}.{m}")
        for m in ("superres", "metrics", "bridge")
    )
    options = {"count": 4000} if data == "catalogue_full" else {}
    train = load(data, size=64, **options).images
    build, enlarge = (getattr(superres, function) for function in BUILDERS[name])
    rate = 2e-3 if name.startswith("ours") else 1e-3  # the wide peers don't bear more
    build = partial(build, **WIDER) if name == "ours, wider" else build
    network, steps, used = _train(
        superres, bridge, train, rate, build, enlarge, factor, seed, seconds
    )
    row = {"framework": framework, "network": name, "data": data, "factor": factor, "seed": seed}
    row |= {
        "budget": seconds,
        "seconds": round(used, 1),
        "steps": steps,
        "weights": bridge.count_parameters(network),
    }
    modules = superres, metrics, bridge
    row |= measure(*modules, network, enlarge, held_out(data), factor)
    if seconds > SECONDS:
        eight = measure(*modules, network, superres.self_ensemble, held_out(data), factor)
        row["self-ensemble psnr"] = eight["psnr"]
    if name.startswith("ours"):
        other = DATA[1 - DATA.index(data)]
        row["elsewhere"] = measure(*modules, network, enlarge, held_out(other), factor)
    return row


def held_out(data: str) -> np.ndarray:
    """200 pictures of 64 pixels that no training sees."""
    options = {"count": 200} if data == "catalogue_full" else {"limit": 200}
    return load(data, size=64, split="test", **options).images


def measure(superres, metrics, bridge, network, enlarge, test, factor: int) -> dict[str, float]:
    """PSNR and SSIM of the network and of bicubic, and the network's speed."""
    small = superres.shrink(test, factor=factor)
    start = time.process_time()
    large = superres.enlarge_pictures(network, small, factor=factor, enlarge=enlarge)
    seen = {"pictures a second": round(len(test) / (time.process_time() - start), 1)}
    for what, pictures in (("", large), ("bicubic ", superres.bicubic(small, factor=factor))):
        pair = [superres.unit_images(p) for p in (pictures, test)]
        psnr = superres.luma_psnr(*pair, factor=factor)
        seen[f"{what}psnr"] = float(bridge.to_numpy(psnr).mean())
        pair = [metrics.crop_border(metrics.luma(p, data_range=1.0), factor) for p in pair]
        ssim = metrics.ssim(*pair, data_range=1.0)
        seen[f"{what}ssim"] = float(bridge.to_numpy(ssim).mean())
    return seen


def shipped() -> list[dict]:
    """The networks of the package on web-shop pictures."""
    superres, metrics, bridge = (
        importlib.import_module(f"prodgen_lib.torch.{m}") for m in ("superres", "metrics", "bridge")
    )
    files = sorted((Path(os.environ["PRODGEN_DATA"]) / "grocery-store" / "iconic").glob("*.jpg"))
    pictures = [np.asarray(Image.open(file).convert("RGB")) for file in files]
    pictures = np.stack([picture[:196, :196] for picture in pictures])
    rows = []
    for factor in (2, 4):
        network = superres.load_pretrained(factor=factor)
        found = measure(superres, metrics, bridge, network, superres.enlarge, pictures, factor)
        row = {"framework": "torch", "network": "shipped", "data": "web-shop pictures"}
        rows.append({**row, "factor": factor, "seed": 0, "budget": 0, **found})
    return rows


def _train(superres, bridge, pictures, rate, build, enlarge, factor, seed, seconds) -> tuple:
    """`train`, as many steps as fit into the time: short trials say how many."""
    options = {"factor": factor, "build": build, "enlarge": enlarge, "side": 32 // factor}
    options |= {"seed": seed, "progress": False, "learning_rate": rate}
    moments = []
    for trial in (20, 20, 120):  # what only the first steps cost is in all of them
        start = time.process_time()
        superres.train(pictures[:100], steps=trial, **options)
        moments.append(time.process_time() - start)
    steps = int(100 * seconds / (moments[2] - moments[1]))
    start = time.process_time()
    network = superres.train(pictures, steps=steps, **options).network
    return network, steps, time.process_time() - start


def table(rows: list[dict]) -> str:
    """The Markdown page."""
    lines = [
        "# Super-resolution",
        "",
        "Made by `python benchmarks/superres.py`, which says how. Mean over seeds (lowest to "
        "highest); gains over bicubic in decibels and in SSIM, luma, borders cropped.",
        "",
        "| pictures | factor | network | framework | seeds | training, CPU s | steps | weights | "
        "bicubic, dB | gain, dB | gain, SSIM | pictures/s |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    kinds = {}
    for row in rows:
        if row["network"] == "shipped":
            continue
        key = (
            row["data"],
            row["factor"],
            row["network"],
            row["framework"],
            row["budget"],
        )
        kinds.setdefault(key, []).append(row)
    for (data, factor, name, framework, _), found in sorted(kinds.items()):
        gains = [row["psnr"] - row["bicubic psnr"] for row in found]
        ssim = mean(row["ssim"] - row["bicubic ssim"] for row in found)
        lines.append(
            f"| {data} | ×{factor} | {name} | {framework} | {len(found)} | "
            f"{mean(r['seconds'] for r in found):.0f} | {mean(r['steps'] for r in found):.0f} | "
            f"{found[0]['weights']:,} | {mean(r['bicubic psnr'] for r in found):.2f} | "
            f"{mean(gains):+.2f} ({min(gains):+.2f} to {max(gains):+.2f}) | {ssim:+.4f} | "
            f"{mean(r['pictures a second'] for r in found):.0f} |"
        )
    lines += ["", _self_ensemble(rows), "", *_elsewhere(rows)]
    return "\n".join(lines) + "\n"


def _self_ensemble(rows: list[dict]) -> str:
    """What the mean over eight turned and mirrored versions adds to the longest runs."""
    kinds: dict[str, list] = {}
    for row in rows:
        if "self-ensemble psnr" in row:
            name = f"{row['data']} ×{row['factor']}, {row['network']}"
            kinds.setdefault(name, []).append(row["self-ensemble psnr"] - row["psnr"])
    added = "; ".join(f"{name}: {mean(apart):+.2f} dB" for name, apart in sorted(kinds.items()))
    return f"Self-ensemble, eight times the work, after the longest training: {added}."


def _elsewhere(rows: list[dict]) -> list[str]:
    """The second table: the same networks on pictures unlike those of their training."""
    lines = ["What is left on pictures of another origin:", ""]
    lines += ["| trained on | measured on | factor | training, CPU s | seeds | gain, dB | SSIM |"]
    lines += ["|---|---|---|---|---|---|---|"]
    kinds: dict[tuple, list] = {}
    for row in rows:
        if row["network"] == "shipped":
            key = ("both, longer (shipped)", row["data"], row["factor"], "")
            kinds.setdefault(key, []).append(row)
        elif "elsewhere" in row and (row["network"], row["framework"]) == ("ours", "torch"):
            other = DATA[1 - DATA.index(row["data"])]
            key = (row["data"], other, row["factor"], f"{row['budget']:.0f}")
            kinds.setdefault(key, []).append(row["elsewhere"])
    for (trained, measured, factor, seconds), found in sorted(kinds.items()):
        psnr, ssim = (
            mean(row[name] - row[f"bicubic {name}"] for row in found) for name in ("psnr", "ssim")
        )
        lines.append(
            f"| {trained} | {measured} | ×{factor} | {seconds} | {len(found)} | {psnr:+.2f} | "
            f"{ssim:+.4f} |"
        )
    return lines


def main() -> None:
    """All runs that are missing, each written down when it ends."""
    path = HERE / "superres.json"
    rows = json.loads(path.read_text()) if path.exists() else []
    names = ("framework", "network", "data", "factor", "seed")
    wanted = sorted(((*one, SECONDS) for one in RUNS), key=lambda one: one[4])
    wanted += [(*one, seed, 170) for one in LONG for seed in range(3)]
    done: dict[tuple, set] = {}
    for row in rows:
        done.setdefault(tuple(row[name] for name in names), set()).add(row["budget"])
    for one in wanted:
        if one[5] in done.get(one[:5], ()):
            continue
        command = [sys.executable, __file__, *map(str, one)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1"}
        environment |= {"TF_NUM_INTEROP_THREADS": "1"}
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        rows.append(json.loads(ran.stdout.splitlines()[-1]))
        path.write_text(json.dumps(rows, indent=1) + "\n")
        (HERE / "superres.md").write_text(table(rows))
        print(rows[-1], flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["page"]:
        rows = json.loads((HERE / "superres.json").read_text())
        rows = [row for row in rows if row["network"] != "shipped"] + shipped()
        (HERE / "superres.json").write_text(json.dumps(rows, indent=1) + "\n")
        (HERE / "superres.md").write_text(table(rows))
    elif len(sys.argv) > 1:
        framework, name, data, factor, seed, seconds = sys.argv[1:7]
        print(json.dumps(run(framework, name, data, int(factor), int(seed), float(seconds))))
    else:
        main()
