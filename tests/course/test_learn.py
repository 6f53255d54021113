import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from prodgen_lib.course import learn


def test_a_machine_without_a_screen_has_no_browser(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert not learn.has_browser()


def test_jupyterlab_opens_the_first_notebook_with_its_token_on(tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work/00_start_here.ipynb").write_text("{}")
    command = learn.lab_command(tmp_path, browser=False, port=9999, extra=("--ip=::1",))
    assert "--LabApp.default_url=/lab/tree/work/00_start_here.ipynb" in command
    assert "--port=9999" in command and "--no-browser" in command and command[-1] == "--ip=::1"
    assert "token" not in str(command)
    assert any("websocket_max_message_size" in option for option in command), "for photographs"


def fetch(address):
    """The page at an address whose server may need another moment."""
    for _ in range(100):
        try:
            with urllib.request.urlopen(address, timeout=30) as page:
                return page.read()
        except urllib.error.URLError:
            time.sleep(0.1)
    raise AssertionError(f"nothing answers at {address}")


def test_a_home_that_is_read_only_is_said_before_the_lab_starts(tmp_path, monkeypatch):
    from prodgen_lib.course import learn
    from prodgen_lib.course.project import CourseError

    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(learn.os, "access", lambda place, mode: False)
    with pytest.raises(CourseError, match=r"/data may not be .* set HOME to a folder of yours"):
        learn.start_lab(["true"])


def test_a_clone_of_somebody_else_is_said(course, monkeypatch):
    """Whose folder it is, root can't see: the answer of the system is put in its mouth."""
    from prodgen_lib.course.build import build
    from prodgen_lib.course.project import CourseError
    from prodgen_lib.course.work import copy_notebooks

    build(course, run=False, say=lambda line: None)
    monkeypatch.setattr(learn.os, "access", lambda place, mode: False)
    with pytest.raises(CourseError, match="copy the course to a folder of yours") as caught:
        list(copy_notebooks(course, ("torch",)))
    assert str(course) in str(caught.value) and not (course / "work").exists()


def test_what_is_refused_is_a_sentence_with_a_way_on(course, monkeypatch):
    from click.testing import CliRunner

    from prodgen_lib.cli import main

    def refuse(*_):
        raise PermissionError(13, "Permission denied", "/elsewhere")

    monkeypatch.setattr("prodgen_lib.course.work.copy_notebooks", refuse)
    done = CliRunner().invoke(main, ["learn", "--copy-only"])
    assert done.exit_code == 1 and done.output == (
        "Error: /elsewhere: Permission denied. `prodgen doctor` says what must be writable.\n"
    )


def test_headless_it_prints_the_address_and_stays_up_also_where_the_port_is_taken(course):
    from prodgen_lib.course.build import build

    build(course, run=False, say=lambda line: None)
    busy = socket.create_server(("127.0.0.1", 0))
    port = str(busy.getsockname()[1])
    process = subprocess.Popen(
        [sys.executable, "-m", "prodgen_lib.cli", "learn", "--no-browser", "--port", port],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "JUPYTER_RUNTIME_DIR": str(course / "runtime")},
    )
    try:
        address = next(filter(None, (re.search(r"http://127\S+", line) for line in process.stdout)))
        assert "/lab/tree/work/00_start_here.ipynb?token=" in address[0]
        assert f":{port}/" not in address[0]
        assert b"jupyter" in fetch(address[0]).lower()
        assert process.poll() is None and (course / "work/05_mini_torch.ipynb").exists()
    except StopIteration:
        pytest.fail("JupyterLab printed no address.")
    finally:
        process.terminate()
        process.wait(timeout=30)
        busy.close()


@pytest.mark.parametrize("package", ["json", "tensorflow"])
def test_an_import_in_the_labs_kernel_prints_nothing(tmp_path, monkeypatch, package):
    pytest.importorskip(package)
    from jupyter_client.manager import KernelManager

    for name, value in learn.lab_environment().items():
        monkeypatch.setenv(name, value)
    kernel = KernelManager(kernel_name="python3")
    assert "capture_fd_output=False" in str(kernel.kernel_spec.argv), "the course's own kernel"
    kernel.start_kernel(cwd=tmp_path, stderr=subprocess.DEVNULL)
    client, printed = kernel.client(), []
    try:
        client.start_channels()
        client.wait_for_ready(timeout=60)
        code = f"import os, sys, {package}; os.write(2, b'from below'); print('from Python')"
        client.execute_interactive(code, timeout=120, output_hook=printed.append)
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)
    streams = [one["content"] for one in printed if one["msg_type"] == "stream"]
    assert streams == [{"name": "stdout", "text": "from Python\n"}]
