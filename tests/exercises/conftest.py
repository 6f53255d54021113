"""All tests of one exercise in one framework run on one worker, so that what is kept is used."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items):
    for item in items:
        told = getattr(item, "callspec", None)
        if told and "name" in told.params and "exercises" in item.path.parts:
            group = f"{told.params['name']} {told.params.get('framework', '')}"
            item.add_marker(pytest.mark.xdist_group(group))
