"""Conditional GANs for product pictures, in PyTorch: say what product you want.

Read from top to bottom: how a wish enters a network, two networks that are told it, their losses
and one step, the loop; what the wish was worth; then pictures as wishes: translation by a U-Net and
a patch discriminator, and holes that are filled.
Pictures inside are float32 N×C×32×32 in [-1, 1]. Labels are integers (N, K), one column for each
question that is answered: which category, which colour.
The same functions in Keras: `prodgen_lib.tensorflow.cgan`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm.auto import tqdm

from prodgen_lib.plain.fits import check_labels, check_pictures
from prodgen_lib.torch.autoencoder import in_parts
from prodgen_lib.torch.autoencoder import initialise as start_large
from prodgen_lib.torch.bridge import (
    adam,
    copy_model,
    from_images,
    image_tensor,
    load_weights,
    set_learning_rate,
    set_seed,
    to_images,
    to_numpy,
    to_tensor,
)
from prodgen_lib.torch.classifier import build_classifier, class_logits, load_classifier
from prodgen_lib.torch.gan import (
    generator_loss,
    gradient_penalty,
    initialise,
    relativistic_discriminator_loss,
    relativistic_generator_loss,
    update_average,
)

Judged = Callable[[Tensor, Tensor], Tensor]


def to_labels(labels: np.ndarray) -> Tensor:
    """Integers as an int64 tensor of the same shape."""
    return torch.tensor(np.asarray(labels), dtype=torch.int64)


def join_labels(noise: Tensor, tables: Sequence[Tensor], labels: Tensor) -> Tensor:
    """The generator's input: noise, then a learned vector for each label.

    `noise` is (N, latent_dim). `tables` are K tensors, of which table k is (count_k, size_k): a row
    for each answer to question k. `labels` (N, K) are integers, and labels[i, k] names the row of
    table k that picture i gets. The result is (N, latent_dim + size_1 + … + size_K): noise first,
    then the rows in the order of the tables. Gradients reach the rows that were named.
    """
    rows = [table[labels[:, k]] for k, table in enumerate(tables)]
    return torch.cat([noise, *rows], dim=1)


def add_planes(images: Tensor, codes: Tensor) -> Tensor:
    """Pictures with what is known of them laid beside every pixel.

    `images` are (N, C, H, W) and `codes` (N, K) numbers. The result is (N, C + K, H, W): the
    channels as they are, then a constant plane for each number of the picture's code.
    """
    height, width = images.shape[2:]
    planes = codes[:, :, None, None].expand(-1, -1, height, width)
    return torch.cat([images, planes], dim=1)


def projection_logit(
    features: Tensor, scores: Tensor, tables: Sequence[Tensor], labels: Tensor
) -> Tensor:
    """One logit a picture, (N,): does it look real, and like what it is said to be?

        scores_i + Σ_k ⟨ row labels[i, k] of table k, features_i ⟩

    The projection discriminator (arXiv:1802.05637, equation 3). `features` are (N, D), `scores`
    (N,) what the picture gets for looks alone, `tables` K tensors (count_k, D), `labels` integers
    (N, K). Without tables, the scores.
    """
    logits = scores
    for k, table in enumerate(tables):
        logits = logits + (table[labels[:, k]] * features).sum(dim=1)
    return logits


class Conditional(nn.Module):
    """A network that is told something: an embedding for each question, and its layers.

    `head` ends a discriminator, `latent_dim` is a generator's, `planes` are the counts of labels
    that a discriminator gets as planes.
    """

    def __init__(self, counts: Sequence[int], size: int, body: nn.Module, *, spread: float):
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(count, size) for count in counts)
        self.body = body
        self.head: nn.Linear | None = None
        self.latent_dim = 0
        self.planes: tuple[int, ...] = ()
        for table in self.tables:
            nn.init.normal_(table.weight, 0.0, spread)


def tables_of(network: Conditional) -> list[Tensor]:
    """The embeddings of a network, one (count, size) tensor for each question."""
    return [table.weight for table in network.tables]


def build_generator(
    counts: Sequence[int],
    *,
    latent_dim: int = 64,
    size: int = 16,
    width: int = 24,
    channels: int = 3,
) -> Conditional:
    """A generator that `generate` asks: (N, latent_dim) noise, (N, K) labels to (N, C, 32, 32).

    `counts`: how many answers each of the K questions has; `size` numbers are learned for each.
    From one pixel to 4 by a transposed convolution, then nearest-neighbour upsampling by 2 and a
    convolution 3×3, three times: each output pixel has neighbours of equal say, and no checkered
    edges. Batch norm and ReLU between, tanh at the end.
    """
    inputs = latent_dim + size * len(counts)
    layers = [nn.Unflatten(1, (inputs, 1, 1)), nn.ConvTranspose2d(inputs, 4 * width, 4, bias=False)]
    for old, new in ((4 * width, 2 * width), (2 * width, width)):
        layers += [nn.BatchNorm2d(old), nn.ReLU(), nn.Upsample(scale_factor=2)]
        layers += [nn.Conv2d(old, new, 3, padding=1, bias=False)]
    layers += [nn.BatchNorm2d(width), nn.ReLU(), nn.Upsample(scale_factor=2)]
    layers += [nn.Conv2d(width, channels, 3, padding=1), nn.Tanh()]
    generator = Conditional(counts, size, initialise(nn.Sequential(*layers)), spread=1.0)
    generator.latent_dim = latent_dim
    return generator


def generate(generator: Conditional, noise: Tensor, labels: Tensor) -> Tensor:
    """Pictures (N, C, 32, 32) in [-1, 1] of what `labels` (N, K) ask for."""
    return generator.body(join_labels(noise, tables_of(generator), labels))


def build_discriminator(
    counts: Sequence[int], *, how: str = "projection", width: int = 24, channels: int = 3
) -> Conditional:
    """A discriminator that `judge` asks; three ways to be told the labels.

    "projection": `projection_logit` of its features with a row of 16·4·width numbers for each
    label; "planes": one-hot labels by `add_planes`; "none": it is told nothing, for comparison.
    Three convolutions 4×4 of stride 2 (32 → 4 pixels) with leaky ReLU of slope 0.2 give the
    features, a linear layer the score. No batch norm, as in chapter 6.
    """
    if how not in ("projection", "planes", "none"):
        raise ValueError(f"No discriminator {how!r}; choose projection, planes or none.")
    planes = tuple(counts) if how == "planes" else ()
    body = nn.Sequential(
        nn.Conv2d(channels + sum(planes), width, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(2 * width, 4 * width, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
    )
    tables = counts if how == "projection" else ()
    network = Conditional(tables, 64 * width, initialise(body), spread=0.02)
    network.head, network.planes = nn.Linear(64 * width, 1), planes
    nn.init.normal_(network.head.weight, 0.0, 0.02)
    nn.init.zeros_(network.head.bias)
    return network


def one_hot(labels: Tensor, counts: Sequence[int]) -> Tensor:
    """Labels (N, K) as ones among zeros: (N, sum of counts), a question after the other."""
    parts = [F.one_hot(labels[:, k], count) for k, count in enumerate(counts)]
    return torch.cat(parts, dim=1).float()


def judge(discriminator: Conditional, images: Tensor, labels: Tensor) -> Tensor:
    """One logit a picture (N,): large for a real picture of what `labels` (N, K) say."""
    if discriminator.planes:
        images = add_planes(images, one_hot(labels, discriminator.planes))
    features = discriminator.body(images)
    scores = discriminator.head(features)[:, 0]
    return projection_logit(features, scores, tables_of(discriminator), labels)


def conditional_discriminator_loss(
    judged: Judged, real: Tensor, fake: Tensor, labels: Tensor
) -> Tensor:
    """What the discriminator minimises: of two pictures of a wish, the real one above. A scalar.

        mean over pairs i of softplus(D(fake_i, y_i) - D(real_i, y_i))

    The relativistic pairing loss of chapter 6 (arXiv:1807.00734), with the label of its pair told
    for both pictures. `judged` maps pictures (N, C, H, W) and labels (N, K) to logits (N,);
    labels[i] is what real picture i shows and what fake picture i was asked to show.
    """
    return relativistic_discriminator_loss(judged(real, labels), judged(fake, labels))


def conditional_generator_loss(
    judged: Judged, real: Tensor, fake: Tensor, labels: Tensor
) -> Tensor:
    """What the generator minimises: of two pictures of one wish, the fake one above. A scalar.

        mean over pairs i of softplus(D(real_i, y_i) - D(fake_i, y_i))

    The mirror image of `conditional_discriminator_loss`, with the same arguments.
    """
    return relativistic_generator_loss(judged(real, labels), judged(fake, labels))


def train_step(
    generator: Conditional,
    discriminator: Conditional,
    generator_optimizer: torch.optim.Optimizer,
    discriminator_optimizer: torch.optim.Optimizer,
    real: Tensor,
    noise: Tensor,
    labels: Tensor,
    *,
    penalty: float = 0.0,
) -> dict[str, Tensor]:
    """One update of the discriminator, then one of the generator; returns both losses.

    `real` (N, C, 32, 32) shows what `labels` (N, K) say, and the generator is asked for the same,
    with `noise` (N, latent_dim). Where `penalty` > 0, the discriminator also pays penalty times its
    steepness at real and at fake pictures, with their labels held.
    """

    def judged(images: Tensor, told: Tensor = labels) -> Tensor:
        return judge(discriminator, images, told)

    fake = generate(generator, noise, labels)
    d_loss = total = conditional_discriminator_loss(judged, real, fake.detach(), labels)
    if penalty > 0:
        total = d_loss + penalty * (gradient_penalty(judged, real) + gradient_penalty(judged, fake))
    discriminator_optimizer.zero_grad()
    total.backward()
    discriminator_optimizer.step()

    g_loss = conditional_generator_loss(judged, real, fake, labels)
    generator_optimizer.zero_grad()
    g_loss.backward(inputs=list(generator.parameters()))
    generator_optimizer.step()
    return {"discriminator": d_loss.detach(), "generator": g_loss.detach()}


class Trained(NamedTuple):
    """What training leaves: the averaged generator, the discriminator, losses by name and step."""

    generator: Conditional
    discriminator: Conditional
    history: dict[str, np.ndarray]


def train(
    pictures: np.ndarray,
    labels: np.ndarray,
    *,
    how: str = "projection",
    steps: int = 3000,
    batch_size: int = 32,
    latent_dim: int = 64,
    width: int = 24,
    learning_rate: float = 1e-3,
    penalty: float = 1.0,
    penalty_every: int = 4,
    decay: float = 0.998,
    seed: int = 0,
    progress: bool = True,
    on_step: Callable[[int, Conditional, dict], None] | None = None,
) -> Trained:
    """Train on uint8 pictures N×32×32×C with labels (N, K) or (N,), integers from 0.

    The recipe of chapter 6: the learning rate falls linearly to zero, the penalty is paid every
    `penalty_every`-th step, that many times as dear, and the generator's weights are averaged.
    `on_step(step, averaged generator, losses)` is called after each step.
    """
    check_pictures(pictures)
    labels = check_labels(labels, count=len(pictures))
    set_seed(seed)
    rng = np.random.default_rng(seed)
    labels = labels.reshape(len(labels), -1)
    counts, channels = tuple(int(n) for n in labels.max(axis=0) + 1), pictures.shape[-1]
    sizes = {"width": width, "channels": channels}
    generator = build_generator(counts, latent_dim=latent_dim, **sizes)
    discriminator = build_discriminator(counts, how=how, **sizes)
    average = copy_model(generator).eval()
    optimizers = adam(generator, learning_rate), adam(discriminator, learning_rate)
    history = []
    for step in tqdm(range(steps), disable=not progress):
        for optimizer in optimizers:
            set_learning_rate(optimizer, learning_rate * (1 - step / steps))
        index = rng.integers(len(pictures), size=batch_size)
        noise = to_tensor(rng.standard_normal((batch_size, latent_dim), dtype=np.float32))
        batch = to_images(pictures[index]), noise, to_labels(labels[index])
        price = penalty * penalty_every if step % penalty_every == 0 else 0.0
        losses = train_step(generator, discriminator, *optimizers, *batch, penalty=price)
        update_average(average, generator, min(decay, (1 + step) / (10 + step)))
        history.append({name: float(value) for name, value in losses.items()})
        if on_step:
            on_step(step, average, history[-1])
    curves = {name: np.array([losses[name] for losses in history]) for name in history[0]}
    return Trained(average, discriminator, curves)


@torch.no_grad()
def sample(generator: Conditional, labels: np.ndarray, *, seed: int = 0) -> np.ndarray:
    """A picture for each row of `labels` (N, K) or (N,): uint8 N×32×32×C.

    The noise of row i depends on `seed` and i alone: with other labels, the same draw of luck.
    """
    labels = check_labels(
        labels, count=len(labels), classes=tuple(t.shape[0] for t in tables_of(generator))
    )
    labels = np.asarray(labels).reshape(len(labels), -1)
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((len(labels), generator.latent_dim), dtype=np.float32)
    generator.eval()
    parts = zip(in_parts(noise), in_parts(labels), strict=True)
    made = [generate(generator, to_tensor(z), to_labels(asked)) for z, asked in parts]
    return np.concatenate([from_images(images) for images in made])


def load_pretrained() -> Conditional:
    """The generator of `train` after longer training on the studio catalogue; it ships here.

    Its labels are category (10) and main colour (12).
    """
    generator = build_generator((10, 12))
    weights = Path(__file__).parent.parent / "weights" / "cgan_studio.safetensors"
    load_weights(generator, weights)
    return generator.eval()


def condition_accuracy(logits: Tensor, asked: Tensor) -> Tensor:
    """How often each wish was granted, in a classifier's eyes: (K,), shares from 0 to 1.

    `logits` (N, K) are the classifier's for generated pictures, `asked` (N,) the categories that
    they were asked to show. Number k is the share of the pictures *asked* to show category k that
    the classifier puts there, by the largest logit. Every category is asked for at least once.
    """
    categories = logits.shape[1]
    granted = asked[logits.argmax(dim=1) == asked]
    return torch.bincount(granted, minlength=categories) / torch.bincount(
        asked, minlength=categories
    )


def classification_accuracy_score(
    pictures: np.ndarray,
    labels: np.ndarray,
    test_pictures: np.ndarray,
    test_labels: np.ndarray,
    *,
    steps: int = 300,
    batch_size: int = 64,
    learning_rate: float = 3e-3,
    seed: int = 0,
) -> float:
    """How much a classifier learns from these pictures: its share of right answers on others.

    Train on generated pictures with the categories (N,) that were asked for, test on real ones: the
    classification accuracy score (arXiv:1905.10887). Pictures are uint8 N×32×32×C. A generator that
    draws one perfect picture of each category has perfect condition accuracy and a low score.
    """
    set_seed(seed)
    rng = np.random.default_rng(seed)
    model = build_classifier(classes=int(test_labels.max()) + 1, channels=pictures.shape[-1])
    optimizer = adam(model, learning_rate, (0.9, 0.999))
    for step in range(steps):
        set_learning_rate(optimizer, learning_rate * (1 - step / steps))
        index = rng.integers(len(pictures), size=batch_size)
        loss = F.cross_entropy(model(to_images(pictures[index])), to_labels(labels[index]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return float(np.mean(class_logits(model, test_pictures).argmax(axis=1) == test_labels))


class Skip(nn.Module):
    """What comes in beside what `inner` makes of it, as channels."""

    def __init__(self, *inner: nn.Module):
        super().__init__()
        self.inner = nn.Sequential(*inner)

    def forward(self, images: Tensor) -> Tensor:
        return torch.cat([images, self.inner(images)], dim=1)


def build_unet(*, inputs: int = 3, outputs: int = 3, width: int = 16) -> nn.Sequential:
    """Pictures (N, inputs, 32, 32) to pictures (N, outputs, 32, 32) in [-1, 1].

    A U-Net (arXiv:1505.04597): three convolutions 4×4 of stride 2 to width, 2·width and 4·width
    channels (32 → 4 pixels) and as many transposed ones back. On the way back each size sees the
    channels of the way there: what is where need not pass through the 4×4 pixels.
    """
    deepest = Skip(
        *_down(2 * width, 4 * width),
        nn.Conv2d(4 * width, 4 * width, 3, padding=1, bias=False),
        nn.BatchNorm2d(4 * width),
        nn.LeakyReLU(0.2),
        *_up(4 * width, 2 * width),
    )
    middle = Skip(*_down(width, 2 * width), deepest, *_up(4 * width, width))
    return initialise(
        nn.Sequential(
            nn.Conv2d(inputs, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            middle,
            nn.ConvTranspose2d(2 * width, outputs, 4, stride=2, padding=1),
            nn.Tanh(),
        )
    )


def _down(inputs: int, outputs: int) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, 4, stride=2, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2)]


def _up(inputs: int, outputs: int) -> list[nn.Module]:
    convolution = nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2)]


def translation_loss(
    fake_logits: Tensor, output: Tensor, target: Tensor, *, weight: float
) -> Tensor:
    """What a translator minimises: look real, and stay near the target. A scalar.

        mean of softplus(-logits)  +  weight · mean of |output - target|

    After arXiv:1611.07004, equation 4. The first mean is over all pictures and places of
    `fake_logits` (N, 1, h, w), the second over all values of the pictures (N, C, H, W).
    """
    return generator_loss(fake_logits) + weight * (output - target).abs().mean()


def build_patch_discriminator(*, inputs: int = 6, width: int = 16) -> nn.Sequential:
    """Source beside target (N, inputs, 32, 32) to a logit for each place: (N, 1, 8, 8).

    An `nn.Sequential` of exactly these layers, a small PatchGAN (arXiv:1611.07004, section 3.2.2):

    1. convolutions 4×4, stride 2, padding 1, to width and 2·width channels: 32 → 16 → 8 pixels,
       each followed by leaky ReLU of slope 0.2;
    2. a convolution 3×3, stride 1, padding 1, to one channel.

    So each logit judges 18×18 pixels and knows nothing of the others: whether the *texture* is
    right; the L1 term sees to the rest. Every convolution has a bias, there is no norm and no
    sigmoid. Weights by `initialise`.
    """
    return initialise(
        nn.Sequential(
            nn.Conv2d(inputs, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 1, 3, padding=1),
        )
    )


def compose(output: Tensor, known: Tensor, mask: Tensor) -> Tensor:
    """The network's picture where pixels are hidden, and the known one everywhere else.

        mask · output + (1 - mask) · known

    `output` and `known` are (N, C, H, W); `mask` (N, 1, H, W) is 1 where a pixel is hidden and 0
    where it is known. Known pixels come out as they went in, and give the network no gradient.
    The three arguments stay as they are.
    """
    return mask * output + (1 - mask) * known


def translate_step(
    generator: nn.Module,
    discriminator: nn.Module | None,
    generator_optimizer: torch.optim.Optimizer,
    discriminator_optimizer: torch.optim.Optimizer | None,
    source: Tensor,
    target: Tensor,
    *,
    weight: float,
    mask: Tensor | None = None,
    penalty: float = 0.0,
) -> dict[str, Tensor]:
    """One update of the discriminator, then one of the translator; returns the losses by name.

    `source` (N, inputs, 32, 32) and `target` (N, C, 32, 32) are a pair each. Without a
    discriminator the loss is mean |output - target| alone; with one, the logits of the two rivals
    are compared place by place, as in chapter 6, and `penalty` is that of `train_step`. With a
    `mask` (N, 1, 32, 32), the first C channels of the source are the known picture, and
    `compose` puts the output into it.
    """

    def judged(pairs: Tensor) -> Tensor:
        return discriminator(pairs).mean(dim=(1, 2, 3))

    output = generator(source)
    if mask is not None:
        output = compose(output, source[:, : target.shape[1]], mask)
    losses = {"l1": (output - target).abs().mean()}
    g_loss = losses["l1"]
    if discriminator is not None:
        real, fake = (torch.cat([source, image], dim=1) for image in (target, output))
        rivals = discriminator(real), discriminator(fake.detach())
        d_loss = total = relativistic_discriminator_loss(*rivals)
        if penalty > 0:
            steepness = [gradient_penalty(judged, pairs) for pairs in (real, fake)]
            total = d_loss + penalty * sum(steepness)
        discriminator_optimizer.zero_grad()
        total.backward()
        discriminator_optimizer.step()
        ahead = discriminator(fake) - discriminator(real)
        g_loss = translation_loss(ahead, output, target, weight=weight)
        losses |= {"discriminator": d_loss, "generator": g_loss}
    generator_optimizer.zero_grad()
    g_loss.backward(inputs=list(generator.parameters()))
    generator_optimizer.step()
    return {name: loss.detach() for name, loss in losses.items()}


class Translator(NamedTuple):
    """A trained translator, its discriminator (None for plain L1), losses by name and step."""

    generator: nn.Module
    discriminator: nn.Module | None
    history: dict[str, np.ndarray]


def source_tensor(source: np.ndarray, mask: np.ndarray | None = None) -> Tensor:
    """What a translator sees: uint8 pictures N×32×32×C as (N, C, 32, 32) in [-1, 1].

    With a `mask` N×32×32×1, hidden pixels are 0 and the mask is one more channel.
    """
    if mask is None:
        return to_images(source)
    hidden = image_tensor(mask)
    return torch.cat([to_images(source) * (1 - hidden), hidden], dim=1)


def train_translator(
    source: np.ndarray,
    target: np.ndarray,
    *,
    mask: np.ndarray | None = None,
    adversarial: bool = True,
    weight: float = 3.0,
    width: int = 16,
    steps: int = 1500,
    batch_size: int = 16,
    learning_rate: float = 2e-3,
    penalty: float = 1.0,
    penalty_every: int = 4,
    seed: int = 0,
    progress: bool = True,
    on_step: Callable[[int, nn.Module, dict], None] | None = None,
) -> Translator:
    """Train a U-Net to turn `source` into `target`, uint8 N×32×32×C each, pair by pair.

    With `adversarial`, against a patch discriminator and with L1 of this `weight`; otherwise by L1
    alone. With a `mask` (M, 32, 32, 1), `source` is hidden under masks drawn from it, for
    inpainting. Penalty and learning rate as in `train`.
    """
    for pictures in (source, target):
        check_pictures(pictures)
    set_seed(seed)
    rng = np.random.default_rng(seed)
    inputs, outputs = source.shape[-1] + (mask is not None), target.shape[-1]
    generator = build_unet(inputs=inputs, outputs=outputs, width=width).train()
    networks = [generator]
    if adversarial:
        patches = build_patch_discriminator(inputs=inputs + outputs, width=3 * width // 2)
        networks.append(start_large(patches))  # from small weights it sees nothing for too long
    optimizers = [adam(network, learning_rate, (0.5, 0.99)) for network in networks]
    pair = [*networks, None][:2], [*optimizers, None][:2]
    history = []
    for step in tqdm(range(steps), disable=not progress):
        for optimizer in optimizers:
            set_learning_rate(optimizer, learning_rate * (1 - step / steps))
        index = rng.integers(len(source), size=batch_size)
        hide = None if mask is None else mask[rng.integers(len(mask), size=batch_size)]
        batch = source_tensor(source[index], hide), to_images(target[index])
        hidden = None if hide is None else image_tensor(hide)
        price = penalty * penalty_every if step % penalty_every == 0 else 0.0
        options = {"weight": weight, "mask": hidden, "penalty": price}
        losses = translate_step(*pair[0], *pair[1], *batch, **options)
        history.append({name: float(value) for name, value in losses.items()})
        if on_step:
            on_step(step, generator, history[-1])
    curves = {name: np.array([losses[name] for losses in history]) for name in history[0]}
    return Translator(generator.eval(), pair[0][1], curves)


@torch.no_grad()
def texture_features(pictures: np.ndarray) -> np.ndarray:
    """What colours and textures pictures uint8 N×32×32×3 have, wherever these are: (N, 96).

    Mean and standard deviation, over all places, of each channel of the classifier's second layer,
    which sees 10×10 pixels. Its last layer knows the kind of product, and little of the rest.
    """
    layers = load_classifier()[:4]
    maps = [layers(to_images(part)) for part in in_parts(pictures)]
    parts = [[m.mean(dim=(2, 3)), m.std(dim=(2, 3), correction=0)] for m in maps]
    return np.concatenate([to_numpy(torch.cat(part, dim=1)) for part in parts])


@torch.no_grad()
def translate(
    generator: nn.Module, source: np.ndarray, *, mask: np.ndarray | None = None
) -> np.ndarray:
    """What the translator makes of uint8 pictures N×32×32×C: uint8 of the same kind.

    With a `mask` N×32×32×1, only hidden pixels are the network's.
    """
    generator.eval()
    made = []
    for start in range(0, len(source), 250):
        hide = None if mask is None else mask[start : start + 250]
        seen = source_tensor(source[start : start + 250], hide)
        output = generator(seen)
        if hide is not None:
            output = compose(output, seen[:, : output.shape[1]], image_tensor(hide))
        made.append(from_images(output))
    return np.concatenate(made)


def review_inputs(noise: Tensor, labels: Tensor, *, classes: int) -> Tensor:
    """What a conditional generator is given, at a whiteboard: (N, noise_dim + classes).

    `noise` (N, noise_dim), then the label of each picture, one of `labels` (N,), as `classes`
    numbers: 1 at the label's place, 0 elsewhere.
    """
    return torch.cat([noise, F.one_hot(labels, classes).float()], dim=1)


def review_planes(images: Tensor, labels: Tensor, *, classes: int) -> Tensor:
    """What a conditional discriminator is given, at a whiteboard: (N, C + classes, H, W).

    The pictures (N, C, H, W), then a plane for each class: all 1 for the picture's label, one of
    `labels` (N,), all 0 for the others.
    """
    planes = F.one_hot(labels, classes).float()[:, :, None, None]
    planes = planes.expand(-1, -1, *images.shape[2:])
    return torch.cat([images, planes], dim=1)


def review_step(
    generator: nn.Module,
    discriminator: nn.Module,
    generator_optimizer: torch.optim.Optimizer,
    discriminator_optimizer: torch.optim.Optimizer,
    real: Tensor,
    noise: Tensor,
    labels: Tensor,
    *,
    classes: int,
) -> dict[str, Tensor]:
    """One update of the discriminator, then one of the generator, at a whiteboard.

    `real` (N, C, 32, 32) shows `labels` (N,), and the generator is asked for the same, with `noise`
    (N, noise_dim). It takes `review_inputs`, the discriminator `review_planes`: both see the label.
    The discriminator minimises binary cross-entropy on logits: the sum of the mean over real
    pictures, labelled 1, and the mean over fakes, labelled 0; only its weights change. Then the
    generator minimises the cross-entropy of its fakes' new logits with label 1, through the
    discriminator; only the generator's weights change. Gradients left over from before the call
    must not count. Returns both losses: `{"discriminator": …, "generator": …}`.
    """
    ones, zeros = torch.ones(len(real)), torch.zeros(len(real))
    fake = generator(review_inputs(noise, labels, classes=classes))
    real_logits = discriminator(review_planes(real, labels, classes=classes))
    fake_logits = discriminator(review_planes(fake.detach(), labels, classes=classes))
    d_loss = F.binary_cross_entropy_with_logits(real_logits, ones)
    d_loss = d_loss + F.binary_cross_entropy_with_logits(fake_logits, zeros)
    discriminator_optimizer.zero_grad()
    d_loss.backward()
    discriminator_optimizer.step()

    fake_logits = discriminator(review_planes(fake, labels, classes=classes))
    g_loss = F.binary_cross_entropy_with_logits(fake_logits, ones)
    generator_optimizer.zero_grad()
    g_loss.backward()
    generator_optimizer.step()
    return {"discriminator": d_loss.detach(), "generator": g_loss.detach()}
