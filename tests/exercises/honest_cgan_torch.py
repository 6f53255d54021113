"""Right answers that are not the answer key's: `<exercise>__<how it differs>`."""

import torch
import torch.nn.functional as F
from torch import nn

from prodgen_lib.torch.cgan import review_inputs, review_planes
from prodgen_lib.torch.gan import (
    initialise,
    relativistic_discriminator_loss,
    relativistic_generator_loss,
)


def join_labels__embedding(noise, tables, labels):
    parts = [noise]
    for table, column in zip(tables, labels.T, strict=True):
        parts.append(F.embedding(column, table))
    return torch.hstack(parts)


def join_labels__one_hot(noise, tables, labels):
    for k, table in enumerate(tables):
        noise = torch.cat((noise, F.one_hot(labels[:, k], len(table)).float() @ table), dim=-1)
    return noise


def join_labels__index_select(noise, tables, labels):
    rows = [torch.index_select(table, 0, labels[:, k]) for k, table in enumerate(tables)]
    return torch.concat((noise, torch.cat(rows, 1)), 1)


def join_labels__picture_by_picture(noise, tables, labels):
    made = []
    for z, wishes in zip(noise, labels, strict=True):
        rows = [table[int(wish)] for table, wish in zip(tables, wishes, strict=True)]
        made.append(torch.cat([z, *rows]))
    return torch.stack(made)


def add_planes__times_ones(images, codes):
    ones = torch.ones_like(images[:, :1])
    return torch.cat([images, codes[..., None, None] * ones], 1)


def add_planes__repeat(images, codes):
    n, k = codes.shape
    planes = codes.view(n, k, 1, 1).repeat(1, 1, images.size(2), images.size(3))
    return torch.cat((images, planes), dim=-3)


def add_planes__one_by_one(images, codes):
    planes = [
        torch.zeros_like(images[:, 0]) + codes[:, k, None, None] for k in range(codes.size(1))
    ]
    return torch.cat([images, torch.stack(planes, dim=1)], dim=1)


def add_planes__padded(images, codes):
    wide = F.pad(images, (0, 0, 0, 0, 0, codes.shape[1]))
    told = F.pad(codes, (images.shape[1], 0))
    return wide + told[:, :, None, None]


def projection_logit__einsum(features, scores, tables, labels):
    total = scores
    for table, column in zip(tables, labels.unbind(1), strict=False):
        total = total + torch.einsum("nd,nd->n", F.embedding(column, table), features)
    return total


def projection_logit__all_rows_then_one(features, scores, tables, labels):
    logits = scores.clone()
    for k in range(len(tables)):
        every = features @ tables[k].T
        logits = logits + every.gather(1, labels[:, k : k + 1]).squeeze(1)
    return logits


def projection_logit__sum_of_rows(features, scores, tables, labels):
    row = sum((table[labels[:, k]] for k, table in enumerate(tables)), torch.zeros(()))
    return scores + (row * features).sum(-1)


def projection_logit__batched_product(features, scores, tables, labels):
    products = [
        torch.bmm(table[labels[:, k]][:, None], features[:, :, None])[:, 0, 0]
        for k, table in enumerate(tables)
    ]
    return torch.stack([scores, *products]).sum(dim=0)


def conditional_discriminator_loss__softplus(judged, real, fake, labels):
    return F.softplus(judged(fake, labels) - judged(real, labels)).mean()


def conditional_discriminator_loss__one_batch(judged, real, fake, labels):
    logits = judged(torch.cat([real, fake.detach()]), torch.cat([labels, labels]))
    ahead = logits[: len(real)] - logits[len(real) :]
    return -F.logsigmoid(ahead).mean()


def conditional_discriminator_loss__cross_entropy(judged, real, fake, labels):
    ahead = judged(real, labels) - judged(fake, labels)
    return F.binary_cross_entropy_with_logits(ahead, torch.ones_like(ahead))


def conditional_generator_loss__no_grad(judged, real, fake, labels):
    with torch.no_grad():
        mark = judged(real, labels)
    return relativistic_generator_loss(mark, judged(fake, labels))


def conditional_generator_loss__roles_exchanged(judged, real, fake, labels):
    return relativistic_discriminator_loss(judged(fake, labels), judged(real, labels))


def conditional_generator_loss__one_batch(judged, real, fake, labels):
    real_logits, fake_logits = judged(torch.cat([real, fake]), labels.repeat(2, 1)).chunk(2)
    return torch.logaddexp(torch.zeros(()), real_logits - fake_logits).sum() / len(real)


def condition_accuracy__in_a_loop(logits, asked):
    named = logits.argmax(1)
    shares = [(named[asked == k] == k).float().mean() for k in range(logits.shape[1])]
    return torch.stack(shares)


def condition_accuracy__one_hot(logits, asked):
    wanted = F.one_hot(asked, logits.shape[-1]).float()
    named = F.one_hot(logits.max(dim=1).indices, logits.shape[-1]).float()
    return (wanted * named).sum(0) / wanted.sum(0)


def condition_accuracy__confusion(logits, asked):
    count = logits.shape[1]
    pairs = torch.bincount(asked * count + logits.argmax(1), minlength=count**2)
    confusion = pairs.reshape(count, count).float()
    return confusion.diagonal() / confusion.sum(dim=1)


def build_patch_discriminator__in_a_loop(*, inputs=6, width=16):
    layers = []
    for before, after in ((inputs, width), (width, 2 * width)):
        layers.append(nn.Conv2d(before, after, kernel_size=4, stride=2, padding=1))
        layers.append(nn.LeakyReLU(negative_slope=0.2, inplace=True))
    layers.append(nn.Conv2d(2 * width, 1, kernel_size=3, padding="same"))
    return initialise(nn.Sequential(*layers))


def build_patch_discriminator__padding_of_its_own(*, inputs=6, width=16):
    network = nn.Sequential()
    network.append(nn.ZeroPad2d(1))
    network.append(nn.Conv2d(inputs, width, (4, 4), (2, 2)))
    network.append(nn.LeakyReLU(0.2))
    network.append(nn.Conv2d(width, width * 2, 4, 2, 1))
    network.append(nn.LeakyReLU(0.2))
    network.append(nn.Conv2d(width * 2, 1, 3, 1, 1))
    return initialise(network)


def build_patch_discriminator__as_a_class(*, inputs=6, width=16):
    class Patches(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Conv2d(inputs, width, 4, 2, 1)
            self.second = nn.Conv2d(width, 2 * width, 4, 2, 1)
            self.last = nn.Conv2d(2 * width, 1, 3, 1, 1)

        def forward(self, pictures):
            hidden = F.leaky_relu(self.first(pictures), 0.2)
            return self.last(F.leaky_relu(self.second(hidden), 0.2))

    network = Patches()
    for layer in (network.first, network.second, network.last):
        nn.init.normal_(layer.weight, std=0.02)
        nn.init.constant_(layer.bias, 0)
    return network


def translation_loss__library_losses(fake_logits, output, target, *, weight):
    real = torch.ones_like(fake_logits)
    adversarial = F.binary_cross_entropy_with_logits(fake_logits, real)
    return adversarial + weight * F.l1_loss(output, target)


def translation_loss__flattened(fake_logits, output, target, *, weight):
    distance = torch.linalg.vector_norm(output - target, ord=1) / target.numel()
    return F.softplus(-fake_logits.flatten()).mean() + distance * weight


def translation_loss__picture_by_picture(fake_logits, output, target, *, weight):
    looks = -F.logsigmoid(fake_logits).mean(dim=(1, 2, 3))
    distances = (target - output).abs().flatten(1).mean(dim=1)
    return (looks + weight * distances).mean()


def compose__where(output, known, mask):
    return torch.where(mask > 0.5, output, known)


def compose__masked_assignment(output, known, mask):
    hidden = mask.bool().expand_as(known)
    result = known.clone()
    result[hidden] = output[hidden]
    return result


def compose__lerp(output, known, mask):
    return torch.lerp(known, output, mask.expand_as(known))


def compose__one_step_at_a_time(output, known, mask):
    kept = known * (1.0 - mask)
    filled = output * mask
    return filled + kept


def review_inputs__rows_of_a_unit_matrix(noise, labels, *, classes):
    return torch.cat([noise, torch.eye(classes)[labels]], dim=1)


def review_inputs__compared(noise, labels, *, classes):
    told = (labels[:, None] == torch.arange(classes)).to(noise.dtype)
    return torch.hstack((noise, told))


def review_inputs__scatter(noise, labels, *, classes):
    wide = F.pad(noise, (0, classes))
    return wide.scatter(1, labels[:, None] + noise.shape[1], 1.0)


def review_planes__compared(images, labels, *, classes):
    n, _, height, width = images.shape
    told = labels.view(n, 1, 1, 1) == torch.arange(classes).view(1, classes, 1, 1)
    return torch.cat([images, told.float().repeat(1, 1, height, width)], dim=1)


def review_planes__times_ones(images, labels, *, classes):
    rows = torch.eye(classes)[labels]
    return torch.cat([images, rows[:, :, None, None] * torch.ones_like(images[:, :1])], 1)


def review_planes__written_in(images, labels, *, classes):
    planes = images.new_zeros(len(images), classes, *images.shape[-2:])
    planes[torch.arange(len(images)), labels] = 1
    return torch.cat((images, planes), 1)


def review_step__frozen_for_the_generator(
    generator, discriminator, generator_optimizer, discriminator_optimizer, real, noise, labels, *,
    classes,
):  # fmt: skip
    told = review_inputs(noise, labels, classes=classes)
    fake = generator(told)
    discriminator.zero_grad()
    real_logits = discriminator(review_planes(real, labels, classes=classes))
    fake_logits = discriminator(review_planes(fake.detach(), labels, classes=classes))
    d_loss = F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()
    d_loss.backward()
    discriminator_optimizer.step()
    discriminator.requires_grad_(False)
    generator.zero_grad()
    g_loss = F.softplus(-discriminator(review_planes(fake, labels, classes=classes))).mean()
    g_loss.backward()
    generator_optimizer.step()
    discriminator.requires_grad_(True)
    return {"discriminator": d_loss.item(), "generator": g_loss.item()}


def review_step__one_batch(
    generator, discriminator, generator_optimizer, discriminator_optimizer, real, noise, labels, *,
    classes,
):  # fmt: skip
    with torch.no_grad():
        fake = generator(review_inputs(noise, labels, classes=classes))
    pictures, told = torch.cat([real, fake]), torch.cat([labels, labels])
    logits = discriminator(review_planes(pictures, told, classes=classes))
    truth = (torch.arange(len(logits)) < len(real)).float()
    d_loss = 2 * F.binary_cross_entropy_with_logits(logits, truth)
    discriminator_optimizer.zero_grad(set_to_none=False)
    d_loss.backward()
    discriminator_optimizer.step()
    fake = generator(review_inputs(noise, labels, classes=classes))
    g_loss = -F.logsigmoid(discriminator(review_planes(fake, labels, classes=classes))).mean()
    generator_optimizer.zero_grad()
    g_loss.backward()
    generator_optimizer.step()
    return {"generator": g_loss.detach(), "discriminator": d_loss.detach()}


def review_step__gradients_asked_for(
    generator, discriminator, generator_optimizer, discriminator_optimizer, real, noise, labels, *,
    classes,
):  # fmt: skip
    cross_entropy = nn.BCEWithLogitsLoss()

    def judge(images, truth):
        logits = discriminator(review_planes(images, labels, classes=classes))
        return cross_entropy(logits, torch.full_like(logits, truth))

    def update(network, optimizer, loss):
        weights = list(network.parameters())
        for weight, gradient in zip(weights, torch.autograd.grad(loss, weights), strict=True):
            weight.grad = gradient
        optimizer.step()

    fake = generator(review_inputs(noise, labels, classes=classes))
    d_loss = judge(real, 1.0) + judge(fake.detach(), 0.0)
    update(discriminator, discriminator_optimizer, d_loss)
    g_loss = judge(fake, 1.0)
    update(generator, generator_optimizer, g_loss)
    return {"discriminator": d_loss, "generator": g_loss}


def join_labels__preallocated(noise, tables, labels):
    widths = [noise.shape[1], *(table.shape[1] for table in tables)]
    ends = torch.tensor(widths).cumsum(0).tolist()
    made = noise.new_zeros(len(noise), ends[-1])
    made[:, : ends[0]] = noise
    for k, table in enumerate(tables):
        made[:, ends[k] : ends[k + 1]] = table[labels[:, k]]
    return made


def join_labels__embedding_layers(noise, tables, labels):
    rows = []
    for table, column in zip(tables, labels.unbind(dim=1), strict=True):
        rows.append(torch.nn.functional.embedding(input=column, weight=table))
    return torch.cat(tensors=[noise, *rows], dim=-1)


def add_planes__ones_like(images, codes):
    blank = torch.ones_like(images[:, :1])
    return torch.cat([images, torch.einsum("nk,nihw->nkhw", codes, blank)], 1)


def add_planes__broadcast_to(images, codes):
    shape = (*codes.shape, *images.shape[-2:])
    return torch.hstack([images, torch.broadcast_to(codes[..., None, None], shape)])


def projection_logit__picture_by_picture(features, scores, tables, labels):
    logits = []
    for feature, score, wishes in zip(features, scores, labels, strict=True):
        for k, table in enumerate(tables):
            score = score + torch.dot(table[wishes[k]], feature)
        logits.append(score)
    return torch.stack(logits)


def projection_logit__one_table(features, scores, tables, labels):
    if not len(tables):
        return scores.clone()
    starts = torch.tensor([0, *(len(table) for table in tables[:-1])]).cumsum(0)
    rows = torch.cat(list(tables))[labels + starts]
    return scores + (rows.sum(dim=1) * features).sum(dim=-1)


def conditional_discriminator_loss__logaddexp(judged, real, fake, labels):
    difference = judged(fake, labels) - judged(real, labels)
    return torch.logaddexp(difference, torch.zeros_like(difference)).mean()


def conditional_discriminator_loss__log_sigmoid(judged, real, fake, labels):
    return -F.logsigmoid(judged(real, labels) - judged(fake, labels)).mean()


def conditional_discriminator_loss__pair_by_pair(judged, real, fake, labels):
    loss = 0
    for i in range(len(real)):
        pair = slice(i, i + 1)
        loss = loss + F.softplus(
            judged(fake[pair], labels[pair]) - judged(real[pair], labels[pair])
        )
    return loss.squeeze() / len(real)


def conditional_generator_loss__cross_entropy(judged, real, fake, labels):
    ahead = judged(fake, labels) - judged(real, labels).detach()
    return F.binary_cross_entropy_with_logits(ahead, torch.ones_like(ahead))


def conditional_generator_loss__float64_inside(judged, real, fake, labels):
    behind = (judged(real, labels) - judged(fake, labels)).double()
    return torch.log1p(behind.exp()).mean().float()


def conditional_generator_loss__pair_by_pair(judged, real, fake, labels):
    marks = zip(judged(real, labels), judged(fake, labels), strict=True)
    return torch.stack([F.softplus(r - f) for r, f in marks]).mean()


def condition_accuracy__group_means(logits, asked):
    right = (logits.argmax(-1) == asked).to(logits.dtype)
    sums = torch.zeros(logits.shape[1]).index_add_(0, asked, right)
    return sums / torch.zeros(logits.shape[1]).index_add_(0, asked, torch.ones(len(asked)))


def condition_accuracy__numpy_inside(logits, asked):
    granted = logits.numpy().argmax(1) == asked.numpy()
    shares = [granted[asked.numpy() == k].mean() for k in range(logits.shape[1])]
    return torch.tensor(shares, dtype=torch.float32)


def condition_accuracy__logit_is_the_largest(logits, asked):
    granted = logits.gather(1, asked[:, None])[:, 0] >= logits.max(dim=1).values
    each = asked[None] == torch.arange(logits.shape[1])[:, None]
    return (each & granted).sum(1) / each.sum(1)


def build_patch_discriminator__nested(*, inputs=6, width=16):
    def half(before, after):
        return nn.Sequential(nn.Conv2d(before, after, 4, 2, 1), nn.LeakyReLU(2e-1))

    last = nn.Conv2d(2 * width, 1, (3, 3), padding=(1, 1))
    return initialise(nn.Sequential(half(inputs, width), half(width, 2 * width), last))


def build_patch_discriminator__own_start(*, inputs=6, width=16):
    network = nn.Sequential()
    for before, after in ((inputs, width), (width, 2 * width)):
        network.append(nn.Conv2d(before, after, kernel_size=4, stride=2, padding=1))
        network.append(nn.LeakyReLU(0.2, inplace=True))
    network.append(nn.Conv2d(2 * width, 1, kernel_size=3, padding="same"))
    for weight in network.parameters():
        nn.init.normal_(weight, std=0.02) if weight.ndim == 4 else nn.init.zeros_(weight)
    return network


def build_patch_discriminator__functional_leaky_relu(*, inputs=6, width=16):
    class Patches(nn.Module):
        def __init__(self):
            super().__init__()
            self.large = nn.Conv2d(inputs, width, 4, 2, 1)
            self.small = nn.Conv2d(width, 2 * width, 4, 2, 1)
            self.last = nn.Conv2d(2 * width, 1, 3, 1, 1)

        def forward(self, pictures):
            for layer in (self.large, self.small):
                pictures = F.leaky_relu(layer(pictures), 0.2)
            return self.last(pictures)

    return initialise(Patches())


def translation_loss__log_sigmoid(fake_logits, output, target, *, weight):
    real_looking = -F.logsigmoid(fake_logits).mean()
    return real_looking + weight * torch.linalg.vector_norm(output - target, ord=1) / output.numel()


def translation_loss__weight_as_a_tensor(fake_logits, output, target, *, weight):
    parts = torch.stack([F.softplus(-fake_logits).mean(), F.l1_loss(target, output)])
    return parts @ torch.tensor([1.0, weight])


def translation_loss__einsum(fake_logits, output, target, *, weight):
    distance = torch.einsum("nchw->", (target - output).abs()) / target.numel()
    return F.softplus(-fake_logits.flatten()).mean().add(distance, alpha=weight)


def compose__difference_added(output, known, mask):
    return known + mask * (output - known)


def compose__boolean_where(output, known, mask):
    return torch.where(mask.bool().expand_as(output), output, known.clone())


def review_inputs__written_in(noise, labels, *, classes):
    told = torch.zeros(len(labels), classes)
    told[torch.arange(len(labels)), labels] = 1
    return torch.hstack((noise, told))


def review_inputs__picture_by_picture(noise, labels, *, classes):
    rows = [[float(k == label) for k in range(classes)] for label in labels.tolist()]
    return torch.cat([noise, torch.tensor(rows)], dim=-1)


def review_inputs__padded(noise, labels, *, classes):
    size = noise.shape[1]
    padded = F.pad(noise, (0, classes))
    return padded.scatter(1, size + labels[:, None], 1.0)


def review_planes__embedding(images, labels, *, classes):
    told = F.embedding(labels, torch.eye(classes))
    height, width = images.shape[2:]
    return torch.cat([images, told[..., None, None].repeat(1, 1, height, width)], dim=1)


def review_planes__einsum(images, labels, *, classes):
    told = F.one_hot(labels, num_classes=classes).to(images.dtype)
    planes = torch.einsum("nk,nhw->nkhw", told, torch.ones_like(images[:, 0]))
    return torch.cat((images, planes), 1)


def review_planes__padded(images, labels, *, classes):
    padded = F.pad(images, (0, 0, 0, 0, 0, classes))
    rows, channel = torch.arange(len(labels)), images.shape[1] + labels
    shape = (len(labels), *images.shape[2:])
    return padded.index_put((rows, channel), torch.ones(shape))


def review_step__softplus(g, d, g_optimizer, d_optimizer, real, noise, labels, *, classes):
    def judged(pictures):
        return d(review_planes(pictures, labels, classes=classes))

    fake = g(review_inputs(noise, labels, classes=classes))
    d.zero_grad()
    d_loss = F.softplus(-judged(real)).mean() + F.softplus(judged(fake.detach())).mean()
    d_loss.backward()
    d_optimizer.step()
    g.zero_grad()
    g_loss = F.softplus(-judged(fake)).mean()
    g_loss.backward()
    g_optimizer.step()
    return {"generator": g_loss.item(), "discriminator": d_loss.item()}


def review_step__fakes_made_twice(g, d, g_optimizer, d_optimizer, real, noise, labels, *, classes):
    criterion = nn.BCEWithLogitsLoss()
    asked = review_inputs(noise, labels, classes=classes)
    with torch.no_grad():
        fake = g(asked)
    marks = [d(review_planes(x, labels, classes=classes)) for x in (real, fake)]
    d_loss = sum(
        criterion(m, torch.full_like(m, t)) for m, t in zip(marks, (1.0, 0.0), strict=True)
    )
    d_optimizer.zero_grad()
    d_loss.backward()
    d_optimizer.step()
    mark = d(review_planes(g(asked), labels, classes=classes))
    g_loss = criterion(mark, torch.ones_like(mark))
    g_optimizer.zero_grad()
    g_loss.backward()
    g_optimizer.step()
    return {"discriminator": d_loss.detach(), "generator": g_loss.detach()}


def review_step__cleared_at_the_start_and_end(
    g, d, g_optimizer, d_optimizer, real, noise, labels, *, classes
):
    for optimizer in (g_optimizer, d_optimizer):
        optimizer.zero_grad()
    fake = g(review_inputs(noise, labels, classes=classes))
    real_mark = d(review_planes(real, labels, classes=classes))
    fake_mark = d(review_planes(fake.detach(), labels, classes=classes))
    d_loss = -(F.logsigmoid(real_mark).mean() + F.logsigmoid(-fake_mark).mean())
    d_loss.backward()
    d_optimizer.step()
    g_loss = -F.logsigmoid(d(review_planes(fake, labels, classes=classes))).mean()
    g_loss.backward()
    g_optimizer.step()
    for optimizer in (g_optimizer, d_optimizer):
        optimizer.zero_grad()
    return {"discriminator": d_loss.detach(), "generator": g_loss.detach()}
