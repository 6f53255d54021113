"""A pytest plugin: one JSON line on stdout for each notebook cell that nbval has run."""

from __future__ import annotations

import json
import time
from queue import Empty

import pytest

MARK = "prodgen-cell "


def pytest_configure() -> None:
    """A kernel that died is noticed within a second; nbval would wait for the cell's whole time."""
    from nbval.kernel import RunningKernel

    patient = RunningKernel.await_reply

    def await_reply(kernel, msg_id, timeout=None):
        end = time.monotonic() + (timeout or float("inf"))
        while True:
            try:
                return patient(kernel, msg_id, timeout=min(1.0, max(0.0, end - time.monotonic())))
            except Empty:
                if not kernel.is_alive():
                    raise RuntimeError("Kernel died") from None
                if time.monotonic() >= end:
                    raise

    RunningKernel.await_reply = await_reply


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
