"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

from collections import OrderedDict
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from prodgen_lib.torch.gan import (
    gradient_penalty,
    initialise,
    relativistic_discriminator_loss,
    relativistic_generator_loss,
    score,
)


def build_generator__in_a_loop(*, latent_dim=64, width=24, channels=3):
    layers = [nn.Unflatten(1, (latent_dim, 1, 1))]
    sizes = [latent_dim, 4 * width, 2 * width, width]
    for before, after in pairwise(sizes):
        stride, padding = (1, 0) if before == latent_dim and len(layers) == 1 else (2, 1)
        layers += [
            nn.ConvTranspose2d(before, after, 4, stride, padding, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(inplace=True),
        ]
    layers += [nn.ConvTranspose2d(width, channels, 4, 2, 1), nn.Tanh()]
    return initialise(nn.Sequential(*layers))


def build_generator__named_layers(*, latent_dim=64, width=24, channels=3):
    net = nn.Sequential(
        OrderedDict(
            noise=nn.Unflatten(1, (latent_dim, 1, 1)),
            up1=nn.ConvTranspose2d(latent_dim, width * 4, (4, 4), bias=False),
            norm1=nn.BatchNorm2d(width * 4, eps=1e-5, momentum=0.1),
            relu1=nn.ReLU(),
            up2=nn.ConvTranspose2d(width * 4, width * 2, 4, 2, 1, bias=False),
            norm2=nn.BatchNorm2d(width * 2),
            relu2=nn.ReLU(),
            up3=nn.ConvTranspose2d(width * 2, width, 4, 2, 1, bias=False),
            norm3=nn.BatchNorm2d(width),
            relu3=nn.ReLU(),
        )
    )
    net.add_module("up4", nn.ConvTranspose2d(width, channels, 4, 2, padding=1))
    net.append(nn.Tanh())
    for module in net:
        if isinstance(module, nn.ConvTranspose2d):
            module.weight.data.normal_(0, 0.02)
            if module.bias is not None:
                module.bias.data.zero_()
    return net


def build_generator__as_a_class(*, latent_dim=64, width=24, channels=3):
    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.ConvTranspose2d(latent_dim, 4 * width, 4, bias=False)
            self.first_norm = nn.BatchNorm2d(4 * width)
            self.second = nn.ConvTranspose2d(4 * width, 2 * width, 4, 2, 1, bias=False)
            self.second_norm = nn.BatchNorm2d(2 * width)
            self.third = nn.ConvTranspose2d(2 * width, width, 4, 2, 1, bias=False)
            self.third_norm = nn.BatchNorm2d(width)
            self.last = nn.ConvTranspose2d(width, channels, 4, 2, 1)

        def forward(self, noise):
            x = noise[:, :, None, None]
            x = torch.relu(self.first_norm(self.first(x)))
            x = torch.relu(self.second_norm(self.second(x)))
            x = torch.relu(self.third_norm(self.third(x)))
            return torch.tanh(self.last(x))

    return initialise(Generator())


def build_discriminator__in_a_loop(*, width=24, channels=3, classes=0):
    layers = []
    for after in (width, 2 * width, 4 * width):
        layers += [nn.Conv2d(channels, after, 4, 2, 1), nn.LeakyReLU(0.2, inplace=True)]
        channels = after
    flat = nn.Flatten(1) if classes else nn.Flatten(0)
    return initialise(nn.Sequential(*layers, nn.Conv2d(channels, classes or 1, 4), flat))


def build_discriminator__as_a_class(*, width=24, channels=3, classes=0):
    class Discriminator(nn.Module):
        def __init__(self):
            super().__init__()
            sizes = [channels, width, 2 * width, 4 * width]
            self.down = nn.ModuleList(
                nn.Conv2d(before, after, 4, 2, 1) for before, after in pairwise(sizes)
            )
            self.last = nn.Conv2d(4 * width, classes or 1, 4)

        def forward(self, images):
            for layer in self.down:
                images = F.leaky_relu(layer(images), 0.2)
            logits = self.last(images).flatten(1)
            return logits if classes else logits.squeeze(1)

    return initialise(Discriminator())


def build_discriminator__padding_of_its_own(*, width=24, channels=3, classes=0):
    return initialise(
        nn.Sequential(
            nn.ZeroPad2d(1),
            nn.Conv2d(channels, width, 4, 2),
            nn.LeakyReLU(0.2),
            nn.ZeroPad2d(1),
            nn.Conv2d(width, 2 * width, 4, 2),
            nn.LeakyReLU(0.2),
            nn.ZeroPad2d(1),
            nn.Conv2d(2 * width, 4 * width, 4, 2),
            nn.LeakyReLU(0.2),
            nn.Conv2d(4 * width, max(1, classes), 4),
            nn.Flatten(),
            nn.Identity() if classes else nn.Flatten(0),
        )
    )


def discriminator_loss__library_loss(real_logits, fake_logits):
    real = F.binary_cross_entropy_with_logits(real_logits, torch.ones_like(real_logits))
    return real + F.binary_cross_entropy_with_logits(fake_logits, torch.zeros_like(fake_logits))


def discriminator_loss__one_batch(real_logits, fake_logits):
    logits = torch.cat([real_logits, fake_logits])
    labels = torch.cat([torch.ones(len(real_logits)), torch.zeros(len(fake_logits))])
    return 2 * nn.BCEWithLogitsLoss()(logits, labels)


def discriminator_loss__log_sigmoid_in_float64(real_logits, fake_logits):
    real, fake = real_logits.double(), fake_logits.double()
    return -(F.logsigmoid(real) + F.logsigmoid(-fake)).mean()


def discriminator_loss__by_hand(real_logits, fake_logits):
    def softplus(t):
        return t.clamp(min=0) + torch.log1p(torch.exp(-t.abs()))

    total = 0.0
    for real, fake in zip(real_logits, fake_logits, strict=True):
        total = total + softplus(fake) + softplus(-real)
    return total / len(real_logits)


def generator_loss__library_loss(fake_logits):
    return F.binary_cross_entropy_with_logits(fake_logits, torch.ones_like(fake_logits))


def generator_loss__log_sigmoid(fake_logits):
    return -F.logsigmoid(fake_logits).sum() / fake_logits.numel()


def generator_loss__logaddexp(fake_logits):
    return torch.logaddexp(torch.zeros_like(fake_logits), -fake_logits).mean()


def relativistic_discriminator_loss__library_loss(real_logits, fake_logits):
    ahead = real_logits - fake_logits
    return F.binary_cross_entropy_with_logits(ahead, torch.ones_like(ahead))


def relativistic_discriminator_loss__log_sigmoid(real_logits, fake_logits):
    return F.logsigmoid(real_logits - fake_logits).neg().mean()


def relativistic_discriminator_loss__in_a_loop(real_logits, fake_logits):
    pairs = zip(real_logits, fake_logits, strict=True)
    return torch.stack([F.softplus(-(real - fake)) for real, fake in pairs]).mean(dim=0)


def relativistic_discriminator_loss__cross_entropy_of_pairs(real_logits, fake_logits):
    pairs = torch.stack([real_logits, fake_logits], dim=1)
    return F.cross_entropy(pairs, torch.zeros(len(pairs), dtype=torch.long))


def gradient_penalty__grad_outputs(discriminator, images):
    images = images.clone().detach()
    images.requires_grad = True
    logits = discriminator(images)
    gradient = torch.autograd.grad(
        outputs=logits,
        inputs=images,
        grad_outputs=torch.ones_like(logits),
        create_graph=True,
        retain_graph=True,
    )[0]
    return (gradient.flatten(start_dim=1) ** 2).sum(dim=1).mean()


def gradient_penalty__squared_norm(discriminator, images):
    images = images.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(discriminator(images).sum(), [images], create_graph=True)
    return gradient.reshape(len(images), -1).norm(2, dim=1).pow(2).mean()


def gradient_penalty__picture_by_picture(discriminator, images):
    total = 0
    for image in images.detach():
        image = image[None].requires_grad_()
        gradient = torch.autograd.grad(discriminator(image)[0], image, create_graph=True)[0]
        total = total + (gradient * gradient).sum()
    return total / len(images)


def gradient_penalty__functional(discriminator, images):
    slope = torch.func.vmap(torch.func.grad(lambda image: discriminator(image[None]).squeeze(0)))
    return slope(images.detach()).square().sum() / len(images)


@torch.no_grad()
def update_average__state_dict(average, model, decay):
    trained = {name for name, _ in model.named_parameters()}
    new = model.state_dict()
    for name, kept in average.state_dict().items():
        mixed = decay * kept + (1 - decay) * new[name] if name in trained else new[name]
        kept.copy_(mixed)


def update_average__data(average, model, decay):
    for kept, new in zip(average.parameters(), model.parameters(), strict=True):
        kept.data.mul_(decay).add_(new.data, alpha=1 - decay)
    for kept, new in zip(average.buffers(), model.buffers(), strict=True):
        kept.data = new.data.clone()


def update_average__load_state_dict(average, model, decay):
    mixture = {name: value.clone() for name, value in model.state_dict().items()}
    for name, kept in average.named_parameters():
        mixture[name] = kept.detach() * decay + mixture[name] * (1.0 - decay)
    average.load_state_dict(mixture)


def update_average__foreach(average, model, decay):
    with torch.no_grad():
        torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)
        for kept, new in zip(average.buffers(), model.buffers(), strict=True):
            kept.data.copy_(new)


def train_step__separate_batches(
    generator,
    discriminator,
    generator_optimizer,
    discriminator_optimizer,
    real,
    noise,
    *,
    labels=None,
    penalty=0.0,
):
    discriminator_optimizer.zero_grad()

    def judge(images):
        return score(discriminator, images, labels)

    fake = generator(noise)
    d_loss = relativistic_discriminator_loss(judge(real), judge(fake.detach()))
    total = d_loss
    if penalty:
        total = total + penalty * gradient_penalty(judge, real)
        total = total + penalty * gradient_penalty(judge, fake.detach())
    total.backward()
    discriminator_optimizer.step()
    generator_optimizer.zero_grad(set_to_none=False)
    g_loss = relativistic_generator_loss(judge(real), judge(fake))
    g_loss.backward()
    generator_optimizer.step()
    return {"generator": g_loss.item(), "discriminator": d_loss.item()}


def train_step__frozen_discriminator(
    generator,
    discriminator,
    generator_optimizer,
    discriminator_optimizer,
    real,
    noise,
    *,
    labels=None,
    penalty=0.0,
):
    def judge(images):
        return score(discriminator, images, labels)

    fake = generator(noise)
    still = fake.detach()
    d_loss = relativistic_discriminator_loss(judge(real), judge(still))
    steepness = gradient_penalty(judge, real) + gradient_penalty(judge, still)
    discriminator_optimizer.zero_grad()
    (d_loss + penalty * steepness).backward()
    discriminator_optimizer.step()
    discriminator.requires_grad_(False)
    g_loss = relativistic_generator_loss(judge(real), judge(fake))
    generator_optimizer.zero_grad()
    g_loss.backward()
    generator_optimizer.step()
    discriminator.requires_grad_(True)
    return dict(discriminator=d_loss.detach().clone(), generator=g_loss.detach())


def train_step__explicit_gradients(
    generator,
    discriminator,
    generator_optimizer,
    discriminator_optimizer,
    real,
    noise,
    *,
    labels=None,
    penalty=0.0,
):
    def judge(images):
        return score(discriminator, images, labels)

    fake = generator(noise)
    weights = list(discriminator.parameters())
    d_loss = relativistic_discriminator_loss(judge(real), judge(fake.detach()))
    objective = d_loss
    if penalty != 0:
        objective = d_loss + penalty * (
            gradient_penalty(judge, real) + gradient_penalty(judge, fake)
        )
    gradients = torch.autograd.grad(objective, weights, allow_unused=True)
    for weight, gradient in zip(weights, gradients, strict=True):
        weight.grad = gradient
    discriminator_optimizer.step()
    weights = list(generator.parameters())
    g_loss = relativistic_generator_loss(judge(real).detach(), judge(fake))
    for weight, gradient in zip(weights, torch.autograd.grad(g_loss, weights), strict=True):
        weight.grad = gradient
    generator_optimizer.step()
    return {"discriminator": d_loss.data, "generator": g_loss.data}


def category_shares__one_hot(logits):
    return F.one_hot(logits.argmax(dim=1), logits.shape[1]).float().mean(dim=0)


def category_shares__in_a_loop(logits):
    shares = torch.zeros(logits.size(1), dtype=torch.float64)
    for row in logits:
        shares[int(row.max(dim=0).indices)] += 1 / logits.size(0)
    return shares


def category_shares__by_comparison(logits):
    largest = logits.max(dim=1, keepdim=True).values
    return (logits == largest).to(torch.float32).mean(dim=0)


def missing_categories__comprehension(shares, *, threshold=0.02):
    return [index for index, share in enumerate(shares) if share < threshold]


def missing_categories__numpy(shares, *, threshold=0.02):
    return np.flatnonzero(shares.numpy() < threshold).tolist()


def missing_categories__where(shares, *, threshold=0.02):
    return torch.where(shares < threshold)[0].tolist()


def review_generator__as_a_class(*, noise_dim, image_channels):
    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense = nn.Linear(noise_dim, 2048)
            self.middle = nn.Conv2d(32, 16, 3, padding=1)
            self.last = nn.Conv2d(16, image_channels, 3, padding=1)

        def forward(self, noise):
            x = torch.relu(self.dense(noise)).view(-1, 32, 8, 8)
            x = torch.relu(self.middle(F.interpolate(x, scale_factor=2)))
            return torch.tanh(self.last(F.interpolate(x, size=(32, 32))))

    return Generator()


def review_generator__reshaped_before_relu(*, noise_dim, image_channels):
    return nn.Sequential(
        nn.Linear(noise_dim, 32 * 8 * 8),
        nn.Unflatten(1, (32, 8, 8)),
        nn.ReLU(),
        nn.UpsamplingNearest2d(scale_factor=2),
        nn.Conv2d(32, 16, 3, padding="same"),
        nn.ReLU(),
        nn.UpsamplingNearest2d(scale_factor=2),
        nn.Conv2d(16, image_channels, 3, padding="same"),
        nn.Tanh(),
    )


def review_generator__appended(*, noise_dim, image_channels):
    net = nn.Sequential(nn.Linear(noise_dim, 2048), nn.ReLU(), nn.Unflatten(-1, (32, 8, 8)))
    for before, after, last in ((32, 16, nn.ReLU()), (16, image_channels, nn.Tanh())):
        net.append(nn.Upsample(scale_factor=2, mode="nearest"))
        net.append(nn.Conv2d(before, after, kernel_size=3, padding=1))
        net.append(last)
    return net


def review_discriminator__as_a_class(*, image_channels):
    class Discriminator(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Conv2d(image_channels, 16, 4, 2, 1)
            self.second = nn.Conv2d(16, 32, 4, 2, 1)
            self.last = nn.Linear(2048, 1)

        def forward(self, images):
            x = F.leaky_relu(self.first(images), 0.2)
            x = F.leaky_relu(self.second(x), 0.2)
            return self.last(x.flatten(1)).squeeze(1)

    return Discriminator()


def review_discriminator__in_a_loop(*, image_channels):
    layers = []
    for before, after in ((image_channels, 16), (16, 32)):
        layers += [nn.Conv2d(before, after, 4, 2, 1), nn.LeakyReLU(negative_slope=0.2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(2048, 1), nn.Flatten(0))


def review_discriminator__nested(*, image_channels):
    def block(before, after):
        return nn.Sequential(nn.Conv2d(before, after, 4, 2, 1), nn.LeakyReLU(0.2))

    head = nn.Sequential(nn.Flatten(), nn.Linear(32 * 8 * 8, 1), nn.Flatten(0, 1))
    return nn.Sequential(block(image_channels, 16), block(16, 32), head)


def review_step__softplus(
    generator, discriminator, generator_optimizer, discriminator_optimizer, real, noise
):
    with torch.no_grad():
        fake = generator(noise)
    d_loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()
    discriminator_optimizer.zero_grad()
    d_loss.backward()
    discriminator_optimizer.step()
    g_loss = F.softplus(-discriminator(generator(noise))).mean()
    generator_optimizer.zero_grad()
    g_loss.backward()
    generator_optimizer.step()
    return {"discriminator": d_loss.detach(), "generator": g_loss.detach()}


def review_step__one_batch(
    generator, discriminator, generator_optimizer, discriminator_optimizer, real, noise
):
    loss, count = nn.BCEWithLogitsLoss(), real.size(0)
    fake = generator(noise)
    logits = discriminator(torch.cat((real, fake.detach())))
    d_loss = 2 * loss(logits, (torch.arange(2 * count) < count).float())
    discriminator.zero_grad()
    d_loss.backward()
    discriminator_optimizer.step()
    generator.zero_grad()
    g_loss = loss(discriminator(fake), torch.ones(count))
    g_loss.backward(inputs=list(generator.parameters()))
    generator_optimizer.step()
    return {"discriminator": d_loss.item(), "generator": g_loss.item()}


def review_step__frozen_discriminator(
    generator, discriminator, generator_optimizer, discriminator_optimizer, real, noise
):
    cross_entropy = F.binary_cross_entropy_with_logits
    fake = generator(noise)
    discriminator_optimizer.zero_grad()
    real_logits, fake_logits = discriminator(real), discriminator(fake.detach())
    real_loss = cross_entropy(real_logits, torch.ones_like(real_logits))
    fake_loss = cross_entropy(fake_logits, torch.zeros_like(fake_logits))
    real_loss.backward()
    fake_loss.backward()
    discriminator_optimizer.step()
    for parameter in discriminator.parameters():
        parameter.requires_grad = False
    generator_optimizer.zero_grad()
    fake_logits = discriminator(fake)
    g_loss = cross_entropy(fake_logits, torch.ones_like(fake_logits))
    g_loss.backward()
    generator_optimizer.step()
    for parameter in discriminator.parameters():
        parameter.requires_grad = True
    return {"discriminator": (real_loss + fake_loss).detach(), "generator": g_loss.detach()}


def discriminator_loss__logaddexp(real_logits, fake_logits):
    zero = torch.zeros(())
    real, fake = torch.logaddexp(zero, -real_logits), torch.logaddexp(zero, fake_logits)
    return torch.mean(real) + torch.mean(fake)


def discriminator_loss__picture_by_picture(real_logits, fake_logits):
    loss = 0.0
    for logit in real_logits:
        loss = loss + F.softplus(-logit) / len(real_logits)
    for logit in fake_logits:
        loss = loss + F.softplus(logit) / len(fake_logits)
    return loss


def generator_loss__criterion(fake_logits):
    criterion = nn.BCEWithLogitsLoss()
    return criterion(fake_logits, torch.ones_like(fake_logits))


def generator_loss__float64_inside(fake_logits):
    return torch.log1p(torch.exp(-fake_logits.double())).mean().float()


def generator_loss__comprehension(fake_logits):
    return sum(F.softplus(-logit) for logit in fake_logits) / fake_logits.numel()


def relativistic_discriminator_loss__einsum(real_logits, fake_logits):
    losses = F.softplus(fake_logits - real_logits)
    return torch.einsum("i->", losses) / losses.shape[0]


def relativistic_discriminator_loss__float64_inside(real_logits, fake_logits):
    difference = (fake_logits - real_logits).double()
    return torch.log1p(torch.exp(difference)).mean().to(real_logits.dtype)


def gradient_penalty__vmapped(discriminator, images):
    def logit(image):
        return discriminator(image[None])[0]

    slopes = torch.func.vmap(torch.func.grad(logit))(images.detach())
    return torch.einsum("nchw,nchw->", slopes, slopes) / len(images)


def gradient_penalty__ones_for_outputs(discriminator, images):
    watched = images.detach().clone()
    watched.requires_grad = True
    logits = discriminator(watched)
    slopes = torch.autograd.grad(logits, watched, torch.ones_like(logits), create_graph=True)[0]
    return (slopes.reshape(len(slopes), -1) ** 2).sum(1).mean()


def update_average__data_of_each(average, model, decay):
    for kept, new in zip(average.parameters(), model.parameters(), strict=True):
        kept.data.mul_(decay).add_(new.data, alpha=1 - decay)
    for kept, new in zip(average.buffers(), model.buffers(), strict=True):
        kept.data.copy_(new.data)


def update_average__looked_up_by_name(average, model, decay):
    new = dict(model.named_parameters()) | dict(model.named_buffers())
    with torch.inference_mode():
        for name, kept in average.named_parameters():
            kept += (1 - decay) * (new[name] - kept)
        for name, kept in average.named_buffers():
            kept.copy_(new[name])


def category_shares__mean_of_one_hot(logits):
    return F.one_hot(logits.argmax(-1), logits.shape[-1]).double().mean(0)


def category_shares__histogram(logits):
    winners = logits.max(dim=1).indices.numpy()
    counts, _ = np.histogram(winners, bins=np.arange(logits.shape[1] + 1))
    return torch.tensor(counts / len(winners))


def category_shares__scatter(logits):
    count, categories = logits.shape
    shares = torch.zeros(categories)
    return shares.scatter_add_(0, logits.argmax(1), torch.full((count,), 1.0)) / count


def missing_categories__one_of_a_pair(shares, *, threshold=0.02):
    (found,) = torch.where(shares < threshold)
    return [int(index) for index in found]


def missing_categories__filter(shares, *, threshold=0.02):
    return list(filter(lambda index: shares[index] < threshold, range(len(shares))))


def missing_categories__loop(shares, *, threshold=0.02):
    found = []
    for index, share in enumerate(shares):
        if threshold > share:
            found += [index]
    return found


def _block(before, after, last=False):
    layers = [nn.Upsample(scale_factor=2), nn.Conv2d(before, after, 3, padding="same")]
    return [*layers, nn.Tanh() if last else nn.ReLU()]


def review_generator__blocks(*, noise_dim, image_channels):
    first = [nn.Linear(noise_dim, 2048), nn.ReLU(), nn.Unflatten(-1, torch.Size([32, 8, 8]))]
    return nn.Sequential(*first, *_block(32, 16), *_block(16, image_channels, last=True))


def review_generator__nested(*, noise_dim, image_channels):
    first = nn.Sequential(nn.Linear(noise_dim, 2048), nn.ReLU(), nn.Unflatten(1, (32, 8, 8)))
    return nn.Sequential(
        first, nn.Sequential(*_block(32, 16)), nn.Sequential(*_block(16, image_channels, True))
    )


def review_generator__interpolated(*, noise_dim, image_channels):
    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Linear(noise_dim, 2048)
            self.middle = nn.Conv2d(32, 16, 3, padding=1)
            self.last = nn.Conv2d(16, image_channels, 3, padding=1)

        def forward(self, noise):
            pixels = F.relu(self.first(noise)).view(-1, 32, 8, 8)
            pixels = F.relu(self.middle(F.interpolate(pixels, scale_factor=2)))
            large = pixels.repeat_interleave(2, 2).repeat_interleave(2, 3)
            return self.last(large).tanh()

    return Generator()


def review_discriminator__loop_of_sizes(*, image_channels):
    layers, before = [], image_channels
    for after in (16, 32):
        layers += [nn.Conv2d(before, after, (4, 4), (2, 2), (1, 1)), nn.LeakyReLU(0.2)]
        before = after
    layers += [nn.Flatten(), nn.Linear(2048, 1), nn.Flatten(0, -1)]
    return nn.Sequential(*layers)


def review_discriminator__in_place(*, image_channels):
    network = nn.Sequential()
    network.append(nn.Conv2d(image_channels, 16, 4, 2, 1)).append(nn.LeakyReLU(0.2, inplace=True))
    network.append(nn.Conv2d(16, 32, 4, 2, 1)).append(nn.LeakyReLU(0.2, inplace=True))
    return network.append(nn.Flatten(1)).append(nn.Linear(2048, 1)).append(nn.Flatten(0))


def review_discriminator__squeezed(*, image_channels):
    class Discriminator(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Conv2d(image_channels, 16, 4, 2, 1)
            self.second = nn.Conv2d(16, 32, 4, 2, 1)
            self.last = nn.Linear(2048, 1)

        def forward(self, images):
            images = F.leaky_relu(self.first(images), 0.2)
            images = F.leaky_relu(self.second(images), 0.2)
            return self.last(images.flatten(1)).squeeze(1)

    return Discriminator()


def review_step__numbers_returned(g, d, g_optimizer, d_optimizer, real, noise):
    criterion = nn.BCEWithLogitsLoss()
    fake = g(noise)
    d_optimizer.zero_grad(set_to_none=False)
    logits = d(real)
    d_loss = criterion(logits, torch.ones_like(logits))
    logits = d(fake.detach())
    d_loss += criterion(logits, torch.zeros_like(logits))
    d_loss.backward()
    d_optimizer.step()
    g_optimizer.zero_grad()
    logits = d(fake)
    g_loss = criterion(logits, torch.ones_like(logits))
    g_loss.backward()
    g_optimizer.step()
    return {"discriminator": d_loss.item(), "generator": g_loss.detach().numpy()}


def review_step__closures(g, d, g_optimizer, d_optimizer, real, noise):
    losses = {}

    def loss_of_d():
        d_optimizer.zero_grad()
        with torch.no_grad():
            fake = g(noise)
        losses["discriminator"] = F.softplus(-d(real)).mean() + F.softplus(d(fake)).mean()
        losses["discriminator"].backward()
        return losses["discriminator"]

    def loss_of_g():
        g_optimizer.zero_grad()
        losses["generator"] = F.softplus(-d(g(noise))).mean()
        losses["generator"].backward()
        return losses["generator"]

    d_optimizer.step(loss_of_d)
    g_optimizer.step(loss_of_g)
    return {name: loss.detach() for name, loss in losses.items()}


def review_step__two_backward_calls(g, d, g_optimizer, d_optimizer, real, noise):
    count, fake = len(real), g(noise)
    for network in (g, d):
        network.zero_grad()
    half = F.binary_cross_entropy_with_logits(d(real), torch.full((count,), 1.0))
    half.backward()
    other = F.binary_cross_entropy_with_logits(d(fake.detach()), torch.full((count,), 0.0))
    other.backward()
    d_optimizer.step()
    g_loss = F.binary_cross_entropy_with_logits(d(fake), torch.full((count,), 1.0))
    g_loss.backward()
    g_optimizer.step()
    return {"generator": g_loss.detach(), "discriminator": (half + other).detach()}


def train_step__frozen_by_turns(
    generator, discriminator, g_optimizer, d_optimizer, real, noise, *, labels=None, penalty=0.0
):
    fake = generator(noise)
    apart = fake.detach()
    d_loss = F.softplus(
        score(discriminator, apart, labels) - score(discriminator, real, labels)
    ).mean()
    total = d_loss
    if penalty:
        for images in (real, apart):
            total = total + penalty * gradient_penalty(
                lambda seen: score(discriminator, seen, labels), images
            )
    d_optimizer.zero_grad()
    total.backward()
    d_optimizer.step()
    discriminator.requires_grad_(False)
    difference = score(discriminator, real, labels) - score(discriminator, fake, labels)
    g_loss = F.softplus(difference).mean()
    g_optimizer.zero_grad()
    g_loss.backward()
    g_optimizer.step()
    discriminator.requires_grad_(True)
    return {"discriminator": d_loss.item(), "generator": g_loss.item()}


def train_step__gradients_written_in(
    generator, discriminator, g_optimizer, d_optimizer, real, noise, *, labels=None, penalty=0.0
):
    def judge(images):
        logits = discriminator(images)
        return logits if labels is None else torch.einsum("nk,nk->n", logits, labels)

    def update(optimizer, network, loss):
        weights = list(network.parameters())
        for weight, slope in zip(weights, torch.autograd.grad(loss, weights), strict=True):
            weight.grad = slope
        optimizer.step()

    fake = generator(noise)
    d_loss = relativistic_discriminator_loss(judge(real), judge(fake.detach()))
    paid = penalty * (gradient_penalty(judge, real) + gradient_penalty(judge, fake))
    update(d_optimizer, discriminator, d_loss + paid if penalty > 0 else d_loss)
    g_loss = relativistic_generator_loss(judge(real).detach(), judge(fake))
    update(g_optimizer, generator, g_loss)
    return {"discriminator": d_loss.detach(), "generator": g_loss.detach()}


def train_step__one_batch(
    generator, discriminator, g_optimizer, d_optimizer, real, noise, *, labels=None, penalty=0.0
):
    twice = None if labels is None else torch.cat([labels, labels])

    def rivals(images):
        return score(discriminator, torch.cat([real, images]), twice).chunk(2)

    fake = generator(noise)
    d_loss = relativistic_discriminator_loss(*rivals(fake.detach()))
    total = d_loss
    if penalty > 0:
        both = torch.cat([real, fake.detach()])
        steepness = gradient_penalty(lambda seen: score(discriminator, seen, twice), both)
        total = d_loss + 2 * penalty * steepness
    discriminator.zero_grad()
    total.backward()
    d_optimizer.step()
    g_loss = relativistic_generator_loss(*rivals(fake))
    generator.zero_grad()
    g_loss.backward()
    g_optimizer.step()
    return {"discriminator": d_loss.detach(), "generator": g_loss.detach()}


def _half(before, after):
    return [nn.Conv2d(before, after, 4, 2, 1), nn.LeakyReLU(negative_slope=0.2)]


def build_discriminator__nested(*, width=24, channels=3, classes=0):
    body = nn.Sequential(*_half(channels, width), *_half(width, 2 * width))
    last = nn.Conv2d(4 * width, classes or 1, 4)
    shape = nn.Flatten() if classes else nn.Flatten(0)
    return initialise(nn.Sequential(body, *_half(2 * width, 4 * width), last, shape))


def build_discriminator__functional_leaky_relu(*, width=24, channels=3, classes=0):
    class Discriminator(nn.Module):
        def __init__(self):
            super().__init__()
            sizes = [channels, width, 2 * width, 4 * width]
            self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 4, 2, 1) for a, b in pairwise(sizes))
            self.last = nn.Conv2d(4 * width, max(1, classes), 4)

        def forward(self, images):
            for convolution in self.convolutions:
                images = F.leaky_relu(convolution(images), 0.2)
            logits = self.last(images)[:, :, 0, 0]
            return logits if classes else logits[:, 0]

    return initialise(Discriminator())


def build_discriminator__truncated_start(*, width=24, channels=3, classes=0):
    network = nn.Sequential(
        *_half(channels, width), *_half(width, 2 * width), *_half(2 * width, 4 * width)
    )
    network.append(nn.Conv2d(4 * width, max(classes, 1), 4))
    network.append(nn.Flatten(1) if classes else nn.Flatten(0))
    with torch.no_grad():
        for weight in network.parameters():
            weight.copy_(0.02 * torch.randn(weight.shape) if weight.ndim > 1 else 0 * weight)
    return network


def _grown(before, after, stride=2, padding=1):
    convolution = nn.ConvTranspose2d(before, after, 4, stride, padding, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU(True))


def build_generator__nested(*, latent_dim=64, width=24, channels=3):
    return initialise(
        nn.Sequential(
            nn.Unflatten(-1, (latent_dim, 1, 1)),
            _grown(latent_dim, 4 * width, 1, 0),
            _grown(4 * width, 2 * width),
            _grown(2 * width, width),
            nn.ConvTranspose2d(width, channels, 4, 2, 1),
            nn.Tanh(),
        )
    )


def build_generator__functional_relu(*, latent_dim=64, width=24, channels=3):
    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = nn.ModuleList()
            for k, (a, b) in enumerate(pairwise([latent_dim, 4 * width, 2 * width, width])):
                self.parts += [nn.ConvTranspose2d(a, b, 4, 1 + (k > 0), int(k > 0), bias=False)]
                self.parts += [nn.BatchNorm2d(b)]
            self.last = nn.ConvTranspose2d(width, channels, 4, 2, 1)

        def forward(self, noise):
            pixels = noise.unsqueeze(-1).unsqueeze(-1)
            for up, norm in zip(self.parts[::2], self.parts[1::2], strict=True):
                pixels = norm(up(pixels)).clamp(min=0)
            return self.last(pixels).tanh()

    return initialise(Generator())


def build_generator__own_start(*, latent_dim=64, width=24, channels=3):
    network = nn.Sequential(nn.Unflatten(1, (latent_dim, 1, 1)))
    for before, after in pairwise([latent_dim, 4 * width, 2 * width, width]):
        place = {"stride": 1} if len(network) == 1 else {"stride": 2, "padding": 1}
        network.append(nn.ConvTranspose2d(before, after, 4, bias=False, **place))
        network.append(nn.BatchNorm2d(after)).append(nn.ReLU())
    network.append(nn.ConvTranspose2d(width, channels, 4, 2, 1)).append(nn.Tanh())
    for layer in network:
        if isinstance(layer, nn.ConvTranspose2d):
            torch.nn.init.normal_(layer.weight, std=0.02)
            if layer.bias is not None:
                torch.nn.init.zeros_(layer.bias)
    return network
