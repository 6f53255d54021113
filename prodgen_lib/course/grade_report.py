"""A pytest plugin: one JSON line on stdout for each notebook cell that nbval has run."""

from __future__ import annotations

import json

import pytest

MARK = "prodgen-cell "


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call" or report.failed:
        outputs = getattr(item, "test_outputs", None) or []
        errors = [out for out in outputs if out["output_type"] == "error"]
        cell = {
            "id": item.cell.get("id"),
            "passed": report.passed,
            "text": "".join(out["text"] for out in outputs if out.get("name") == "stdout"),
            "error": [errors[0]["ename"], errors[0]["evalue"]] if errors else None,
            "reason": str(call.excinfo.value).strip() if call.excinfo else "",
        }
        print(f"\n{MARK}{json.dumps(cell)}", flush=True)
    return report
