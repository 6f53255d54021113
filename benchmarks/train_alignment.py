"""Train the alignment that ships as prodgen_lib/weights/alignment_studio.safetensors.

    python benchmarks/train_alignment.py

Studio pictures less the tenth of combinations that `held_out` keeps back, in the trained templates,
so that unseen combinations and new word orders stay unseen. Seeded; written in PyTorch, both
frameworks read the file. About three minutes on one core.
"""

from __future__ import annotations

from train_gan import WEIGHTS, note_checksums

from prodgen_lib.data import load
from prodgen_lib.plain.prompts import held_out, prompts
from prodgen_lib.plain.retrieval import retrieval, say_the_same
from prodgen_lib.plain.sentences import sentence
from prodgen_lib.torch.alignment import embed_pictures, embed_texts, train
from prodgen_lib.torch.bridge import save_weights

STEPS = 1900


def main(*, steps: int = STEPS, seed: int = 0) -> None:
    data = load("catalogue", count=20_000)
    asked = prompts(data)
    kept = ~held_out(asked)

    def tell(step: int, model, losses: dict) -> None:
        if step % 100 == 0:
            print(f"step {step}: loss {losses['loss']:.4f}", flush=True)

    trained = train(
        data.images[kept], asked[kept], steps=steps, seed=seed, progress=False, on_step=tell
    )
    path = WEIGHTS / "alignment_studio.safetensors"
    save_weights(trained.model, path, half=True)
    path.chmod(0o644)
    note_checksums()
    test = load("catalogue", split="test", count=1000)
    told = embed_texts(trained.model, [sentence(prompt) for prompt in prompts(test)])
    shown = embed_pictures(trained.model, test.images)
    print(retrieval(told @ shown.T, say_the_same(prompts(test))))


if __name__ == "__main__":
    main()
