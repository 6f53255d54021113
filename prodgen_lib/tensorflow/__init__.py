"""The answer key in TensorFlow, a module a chapter, and the four verbs of its notebooks.

Importing this package does not import TensorFlow; its modules do. Where TensorFlow is missing, one
sentence says so.
"""

from functools import partial
from importlib.util import find_spec

from prodgen_lib.checking import verbs as notebook

if find_spec("tensorflow") is None:
    raise ModuleNotFoundError(
        "TensorFlow is not installed here. Install it with: pip install 'prodgen[tensorflow]', or "
        "open the PyTorch notebooks.",
        name="tensorflow",
    )

check = partial(notebook.check, framework="tensorflow")
status = partial(notebook.status, framework="tensorflow")
reset = partial(notebook.reset, framework="tensorflow")
hint = notebook.hint

__all__ = ["check", "hint", "reset", "status"]
