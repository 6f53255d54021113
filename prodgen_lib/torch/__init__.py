"""The answer key in PyTorch, a module a chapter, and the four verbs of its notebooks.

Importing this package does not import PyTorch; its modules do. Where PyTorch is missing, one
sentence says so.
"""

from functools import partial
from importlib.util import find_spec

from prodgen_lib.checking import verbs as notebook

if find_spec("torch") is None:
    raise ModuleNotFoundError(
        "PyTorch is not installed here. Install it with: pip install 'prodgen[torch]', or open the "
        "TensorFlow notebooks.",
        name="torch",
    )

check = partial(notebook.check, framework="torch")
status = partial(notebook.status, framework="torch")
reset = partial(notebook.reset, framework="torch")
hint = notebook.hint

__all__ = ["check", "hint", "reset", "status"]
