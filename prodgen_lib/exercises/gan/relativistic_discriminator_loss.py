from __future__ import annotations

from prodgen_lib.exercises.gan.losses import BY_HAND, logit_cases, observe_loss

cases = logit_cases({"real logits": [0, 2], "fake logits": [0, 0]}, BY_HAND)
observe = observe_loss
