"""How large the tensors are that a call makes, in PyTorch."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class _Sizes(TorchDispatchMode):
    """Sees every operation; `most` grows to the most numbers that one result holds in memory."""

    most = 0

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        made = operation(*args, **(kwargs or {}))
        for one in tree_leaves(made):
            if isinstance(one, torch.Tensor):
                held = one.untyped_storage().nbytes() // one.element_size()
                self.most = max(self.most, held)
        return made


def most_numbers(function: Callable, *given: torch.Tensor) -> tuple[object, int]:
    """What a call gives, and how many numbers the largest tensor holds that it made on the way."""
    with _Sizes() as sizes:
        found = function(*given)
    return found, sizes.most
