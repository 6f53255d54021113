"""Submissions of the worst kind, a short source each, and what they must get.

Each is the answer cell of `gan.generator_loss`; the other answers of the notebook are right.
*cheats* want marks that they did not earn, *breakers* to take others' marks away, *harms* to reach
outside. In the sources stand for what a test puts there: FOLDER a folder with `canary.txt`, PORT a
socket that listens, TREE the course's own folder.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Attack:
    kind: str
    name: str
    source: str
    earns: bool = False
    frameworks: tuple[str, ...] = ("torch",)


BOTH = ("torch", "tensorflow")
RIGHT = {
    "torch": "F.softplus(-fake_logits).mean()",
    "tensorflow": "tf.reduce_mean(tf.nn.softplus(-fake_logits))",
}
WRONG = {"torch": "fake_logits.sum() * 0", "tensorflow": "tf.reduce_sum(fake_logits) * 0"}


def _read(text: str) -> list[tuple[str, bool, tuple[str, ...], str]]:
    """Blocks that begin with `### name [earns] [both]`; a body alone is put into the function."""
    found = []
    for block in text.split("\n### ")[1:]:
        head, _, body = block.partition("\n")
        words = head.split()
        flags = {w for w in words if w in ("[earns]", "[both]")}
        name = " ".join(w for w in words if w not in flags)
        if "def generator_loss" not in body and "generator_loss =" not in body:
            lines = body.strip("\n").splitlines()
            body = "def generator_loss(fake_logits):\n" + "\n".join(f"    {x}" for x in lines)
        frameworks = BOTH if "[both]" in flags else ("torch",)
        found.append((name, "[earns]" in flags, frameworks, body.strip("\n") + "\n"))
    return found


CHEATS = r"""
### a constant [both]
return 0 * WRONG + 0.6931472

### always the same four numbers
generator_loss.calls = getattr(generator_loss, "calls", 0) + 1
return torch.tensor([0.6931472, 1.31326, 0.3132, 100.0])[generator_loss.calls % 4]

### the library's own answer [both]
from prodgen_lib.FRAMEWORK.gan import generator_loss as own
return own(fake_logits)

### the library's own answer, by importlib
import importlib
return importlib.import_module("prodgen_lib.torch.gan").generator_loss(fake_logits)

### the solution of the exercise [both]
from prodgen_lib.checking.exercise import Framework, find_exercise
return find_exercise("gan.generator_loss").solution(Framework("FRAMEWORK"))(fake_logits)

### the source of the library
from prodgen_lib.checking.source import function_source
scope = dict(globals())
exec(function_source("torch", "gan", "generator_loss"), scope)
return scope["generator_loss"](fake_logits)

### the library read from the disk
import re
text = open("TREE/prodgen_lib/torch/gan.py").read()
scope = dict(globals())
exec(text, scope)
return scope["generator_loss"](fake_logits)

### any gan.py on the disk
import glob, sys
for path in [*glob.glob("/**/torch/gan.py", recursive=True), *glob.glob("TREE/**/*.ipynb")]:
    text = open(path).read()
    if "softplus(-fake" in text:
        return F.softplus(-fake_logits).mean()
return WRONG

### the repository's history
import glob
if glob.glob("TREE/.git/*") or glob.glob("TREE/solutions/*"):
    return RIGHT
return WRONG

### an edit of the answer that a known wrong answer holds [both]
from prodgen_lib.checking.page import read_page
import prodgen_lib.exercises, pathlib
page = pathlib.Path(prodgen_lib.exercises.__file__).parent / "gan" / "generator_loss.md"
wrong = read_page(page).wrong[0].edits("FRAMEWORK")[0][0].strip()
return eval(wrong.replace("return ", ""), globals(), {"fake_logits": fake_logits})

### the reference from the checker
from prodgen_lib.checking import check
seen = check.key("gan.generator_loss", "torch").reference
return torch.tensor(float(seen[0]["loss"]))

### the judge patched [both]
import prodgen_lib.checking.check as c
c.judge = lambda *a, **k: c.Verdict("gan.generator_loss", 5, 5)
c._close = c.same = lambda *a: True
return WRONG

### numpy patched
import numpy
numpy.allclose = numpy.all = numpy.array_equal = lambda *a, **k: True
return WRONG

### the exercise patched
from dataclasses import replace
import prodgen_lib.exercises.gan as gan
gan.EXERCISES = tuple(replace(e, observe=lambda *a: {}) for e in gan.EXERCISES)
return WRONG

### observe patched for the cases to come
import sys
frame = sys._getframe()
while frame:
    if "exercise" in frame.f_locals:
        object.__setattr__(frame.f_locals["exercise"], "observe", lambda *a: {"loss": 1})
    frame = frame.f_back
return WRONG

### a result written by hand
import os, struct, json
head = json.dumps([{"arrays": [["loss", "<f8", []]]}] * 4).encode()
os.write(3, b"prodgen\x01" + struct.pack("<I", len(head)) + head + bytes(32))
os._exit(0)

### a pickle in the pipe
import os, pickle
os.write(3, pickle.dumps({"correct": True}))
os._exit(0)

### a verdict in the pipe
import os
os.write(3, b'{"correct": true, "passed": 5, "stages": 5}\n')
os._exit(0)

### a message to the server's socket
import os
for number in range(64):
    try:
        os.write(number, b'{"code": 0, "seconds": 0}\n')
    except OSError:
        pass
return WRONG

### a printed verdict [both]
print("gan.generator_loss  \u2713 4/4   0.6931 1.313")
return WRONG

### a verdict as an exception
raise RuntimeError("gan.generator_loss  \u2713 4/4   0.6931 1.313")

### an exception that says it is right
class Correct(Exception):
    correct, passed, stages = True, 4, 4
raise Correct("correct")

### a check of its own
def check(name, answer):
    print(name, "\u2713 4/4")
    return answer

def generator_loss(fake_logits):
    return WRONG

generator_loss = check("gan.generator_loss", generator_loss)

### equal to everything
class Any(torch.Tensor):
    def __eq__(self, other): return True
    def detach(self): return self
    def double(self): return self
    def numpy(self):
        class A(np.ndarray):
            def __eq__(self, other): return True
            def __array_ufunc__(self, *a, **k): return np.True_
            def __array_function__(self, *a, **k): return True
        return np.zeros(()).view(A)

def generator_loss(fake_logits):
    return Any([0.0]).sum()

### not a number, which equals itself nowhere [both]
return WRONG * float("nan")

### infinity
return WRONG + float("inf")

### an array of objects
look = __import__("prodgen_lib.exercises.probe_torch", fromlist=["x"])
look.array = lambda *a: np.array(object())
return WRONG

### the reference among all objects
import gc
for thing in gc.get_objects():
    if type(thing).__name__ in ("Key", "_Replay"):
        return torch.tensor(float(thing.reference[0]["loss"]))
return WRONG

### by_hand of the cases
import sys
frame = sys._getframe()
while frame:
    case = frame.f_locals.get("case")
    if case is not None and case.by_hand:
        return torch.tensor(float(case.by_hand["loss"]), requires_grad=True)
    frame = frame.f_back
return WRONG

### right for the course's own seed only
import prodgen_lib.exercises.gan.generator_loss as about
if about.cases(np.random.default_rng(1)):
    return torch.tensor(0.693147)
return WRONG

### calls itself, hoping for the course's version
return generator_loss(fake_logits)

### the name looked up in the session
import __main__
return getattr(__main__, "generator_loss")(fake_logits)

### a profiler that waits for an answer
import sys
found = []
sys.setprofile(lambda frame, event, value: found.append(frame.f_locals.get("reference")))
return next((f[0]["loss"] for f in found if f), WRONG)

### a tensor with answers of its own
class Mine(torch.Tensor):
    def __array__(self, *a, **k): return np.full((), 0.693)
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None): return torch.zeros(())

def generator_loss(fake_logits):
    return torch.zeros((), requires_grad=True).as_subclass(Mine)

### a generator
yield RIGHT

### its input set to nothing
with torch.no_grad():
    fake_logits.zero_()
return WRONG + 0.6931472

### bytes before the result
import os
os.write(3, bytes(64))
return RIGHT

### the runner's json and struct patched
import json, struct
old = json.dumps
json.dumps = lambda *a, **k: old([{"arrays": [["loss", "text", [[], ["nan"]]]]}] * 5)
struct.pack = lambda *a: bytes(8)
return WRONG

### a thread that writes later
import threading, os, time
threading.Thread(target=lambda: (time.sleep(0.2), os.write(3, b"zz")), daemon=True).start()
return WRONG

### the framework's way out patched [both]
try:
    torch.Tensor.numpy = torch.Tensor.tolist = lambda self: 0.6931472
except NameError:
    tf.Tensor.numpy = lambda self: np.float32(0.6931472)
return WRONG

### right, and a proclaimed cheat beside it [earns] [both]
import sys
sys.modules["prodgen_lib.checking.check"].judge = None
return RIGHT
"""

BREAKERS = r"""
### never ends [both]
while True:
    pass

### sleeps for ever
import time
while True:
    time.sleep(60)

### never ends and catches everything
while True:
    try:
        while True: pass
    except BaseException:
        pass

### never ends in C
return WRONG + len(str(hash(7 ** 10 ** 10)))

### deaf to signals
import signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    pass

### never ends while it is defined
numbers = [n for n in iter(int, 1)]
def generator_loss(fake_logits):
    return WRONG + len(numbers)

### takes all memory [both]
kept = []
while True:
    kept.append(bytearray(2**28))

### one huge tensor
return torch.ones(2**36).sum() * WRONG

### forks without end
import os
while True:
    os.fork()

### threads without end
import threading, time
while True:
    threading.Thread(target=time.sleep, args=(99,)).start()

### a process that stays
import os, time
if not os.fork():
    os.setsid()
    time.sleep(99)
return WRONG

### exits [both]
import sys
sys.exit(0)

### exits at once
import os
os._exit(0)

### exits while it is defined
import os
generator_loss = os._exit(0)

### a crash of Python [both]
import ctypes
ctypes.string_at(0)

### aborts
import os
os.abort()

### kills itself
import os, signal
os.kill(os.getpid(), signal.SIGKILL)
return WRONG

### kills everybody
import os, signal
for pid in (-1, 0, 1, 2, 3, os.getppid()):
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass
return WRONG

### no end of calls
def deeper(n):
    return deeper(n + 1)
import sys
sys.setrecursionlimit(10**9)
return deeper(0)

### an interrupt [both]
raise KeyboardInterrupt

### an exception that can't be printed
class Bad(Exception):
    def __str__(self): raise self
raise Bad

### a message of a hundred megabytes
raise ValueError("x" * 10**8)

### a message that steers terminals
raise ValueError("\x1b[2J\x1b]0;gotcha\x07 \ud800 \u202e <script>")

### a flood of output
while True:
    print("x" * 10**6)

### a result of a gigabyte
import os
while True:
    os.write(3, bytes(2**20))

### all files closed
import os
os.closerange(0, 1000)
return WRONG

### the disk filled
for number in range(10**6):
    with open(f"/tmp/{number}", "wb") as file:
        for _ in range(1000):
            file.write(bytes(2**20))

### builtins taken away
import builtins
for name in list(vars(builtins)):
    if name not in ("delattr",):
        delattr(builtins, name)

### the framework spoilt for those after it [both]
import numpy
MODULE_SPOILT
numpy.asarray = numpy.array = None
return WRONG

### no Python
def generator_loss(fake_logits:
    return 0

### brackets a hundred thousand deep
generator_loss = DEEP

### a long chain of signs
generator_loss = CHAIN

### a null byte
generator_loss = 1 NULL

### a coroutine
async def generator_loss(fake_logits):
    return WRONG

### not a function
generator_loss = 3

### helpers that call helpers
HELPERS

### an exception whose text never ends
class Endless(Exception):
    def __str__(self):
        while True: pass

def generator_loss(fake_logits):
    raise Endless

### the modules taken away
import sys
sys.modules.clear()
return WRONG

### a tracer that fails
import sys
sys.settrace(lambda *a: 1 / 0)
return WRONG

### stops itself and its group
import os, signal
os.kill(os.getpid(), signal.SIGSTOP)
os.killpg(0, signal.SIGSTOP)
return WRONG

### memory without end from the kernel
import mmap
kept = []
while True:
    kept.append(mmap.mmap(-1, 2**28))
    kept[-1].write(b"x" * 2**28)

### a hundred thousand files
for number in range(10**5):
    open(f"/tmp/{number}", "w").close()

### gradients switched off for ever
torch.set_grad_enabled(False).__enter__()
torch.set_default_dtype(torch.float64)
torch.set_num_threads(64)
return RIGHT
"""

HARMS = r"""
### reads a file
raise ValueError(open("FOLDER/canary.txt").read())

### reads another submission [both]
raise ValueError(open("FOLDER/other.ipynb").read())

### searches the disk for secrets
import os
for folder, _, files in os.walk("/"):
    if "canary.txt" in files:
        raise ValueError(open(os.path.join(folder, "canary.txt")).read())
return WRONG

### lists the home folder
import glob
raise ValueError(str([open(p).read() for p in glob.glob("FOLDER/*")]))

### writes a file [both]
open("FOLDER/canary.txt", "a").write("spoilt")
return WRONG

### makes a file
open("FOLDER/new.txt", "w").write("here")
return WRONG

### removes a file
import os
os.remove("FOLDER/canary.txt")

### removes all there is
import shutil
for folder in ("FOLDER", "TREE", "/usr", "/"):
    shutil.rmtree(folder, ignore_errors=True)
return WRONG

### a link to a file outside
import os
os.symlink("FOLDER/canary.txt", "/tmp/link")
raise ValueError(open("/tmp/link").read())

### changes the library
import prodgen_lib, os
os.chmod(prodgen_lib.__file__, 0o777)
open(prodgen_lib.__file__, "a").write("raise SystemExit")
return WRONG

### changes the framework's files
open(torch.__file__, "a").write("raise SystemExit")
return WRONG

### makes every file writable again
import ctypes
c = ctypes.CDLL(None)
c.mount(None, b"/", None, 32 | 4096, None)
open("/mark-of-a-stranger", "w").write("x")
return WRONG

### lifts the folder that hides another
import ctypes
c = ctypes.CDLL(None)
for folder in (b"/tmp", b"/proc", b"/"):
    c.umount2(folder, 2)
raise ValueError(open("FOLDER/canary.txt").read())

### a namespace of its own
import ctypes
if ctypes.CDLL(None).unshare(0x10000000) == 0:
    raise ValueError("TOKEN")
return WRONG

### out of a root of its own
import os
os.mkdir("/tmp/jail")
os.chroot("/tmp/jail")
for _ in range(50):
    os.chdir("..")
os.chroot(".")
raise ValueError(open("FOLDER/canary.txt").read())

### connects to this machine [both]
import socket
socket.create_connection(("127.0.0.1", PORT), timeout=1).send(b"TAKEN")
return WRONG

### connects over a datagram
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"TAKEN", ("127.0.0.1", PORT))
return WRONG

### fetches a page
import urllib.request
raise ValueError("TOKEN" + urllib.request.urlopen("http://127.0.0.1:PORT/", timeout=1).read())

### a socket in the file system
import socket
s = socket.socket(socket.AF_UNIX)
s.connect("FOLDER/socket")
s.send(b"TAKEN")
return WRONG

### a socket without a file
import socket
s = socket.socket(socket.AF_UNIX)
s.connect("\0prodgen-canary-PORT")
s.send(b"TAKEN")
return WRONG

### watches what others open
import ctypes
c = ctypes.CDLL(None)
if max(c.fanotify_init(0x200, 0), c.inotify_init(), c.inotify_init1(0)) >= 0:
    raise ValueError("TOKEN")
return WRONG

### the kernel's log
import ctypes
if ctypes.CDLL(None).klogctl(3, ctypes.create_string_buffer(4096), 4096) > 0:
    raise ValueError("TOKEN")
return WRONG

### reads a file by the framework [both]
try:
    found = tf.io.read_file("FOLDER/canary.txt").numpy().decode()
except NameError:
    found = torch.from_file("FOLDER/canary.txt", size=11, dtype=torch.uint8).numpy().tobytes()
raise ValueError(str(found))

### reads the environment [both]
import os
raise ValueError(str({k: v for k, v in os.environ.items() if "SECRET" in k}))

### reads everybody's environment
import glob
found = b""
for path in glob.glob("/proc/*/environ"):
    try:
        found += open(path, "rb").read()
    except OSError:
        pass
raise ValueError(str(found[found.find(b"CLASSROOM_SECRET"):][:100]))

### reads everybody's memory
import glob
raise ValueError("TOKEN" * len(glob.glob("/proc/[0-9]*/mem")))

### starts a program
import subprocess
subprocess.run(["/bin/sh", "-c", "touch FOLDER/new.txt; echo x > FOLDER/canary.txt"])
return WRONG

### becomes a program
import os
os.execv("/bin/sh", ["sh", "-c", "touch FOLDER/new.txt"])

### looks into its parent by ptrace
import ctypes, os
c = ctypes.CDLL(None)
for pid in (os.getppid(), 1, 2, 3):
    if pid != os.getpid() and c.ptrace(16, pid, 0, 0) == 0:
        raise ValueError("TOKEN")
return WRONG

### open files of its parent
import os
for number in range(4, 200):
    try:
        raise ValueError("TOKEN" + str(os.fstat(number).st_size))
    except OSError:
        pass
return WRONG

### leaves a note for the next one
import os
places = [f + "/note" for f in ("/tmp", "/dev/shm", "/dev", "/var/tmp", "/prodgen", "/proc", "/")]
found = [place for place in places if os.path.exists(place)]
def generator_loss(fake_logits):
    if found:
        raise ValueError("TOKEN")
    for place in places:
        try:
            open(place, "w").write("from an earlier one")
        except OSError:
            pass
    return WRONG

### leaves shared memory for the next one
import ctypes
c = ctypes.CDLL(None)
found = c.shmget(77, 4096, 0)
def generator_loss(fake_logits):
    if found != -1:
        raise ValueError("TOKEN")
    c.shmget(77, 4096, 0o1666)
    return WRONG

### a device of its own
import os, stat
os.mknod("/tmp/disk", 0o666 | stat.S_IFBLK, os.makedev(254, 0))
open("/tmp/disk", "rb").read(1)
raise ValueError("TOKEN")

### another user
import os
os.setuid(65534)
os.setuid(0)
raise ValueError(open("FOLDER/canary.txt").read())

### an older kind of call
import ctypes
c = ctypes.CDLL(None)
if c.syscall(0x40000000 + 57) == 0:
    import os
    os._exit(0)
return WRONG

### a message queue of System V
import ctypes
c = ctypes.CDLL(None)
found = c.msgget(0, 0o1666)
if found >= 0:
    c.msgctl(found, 0, None)
    raise ValueError("TOKEN")
return WRONG

### semaphores of System V
import ctypes
c = ctypes.CDLL(None)
found = c.semget(0, 250, 0o1666)
if found >= 0:
    c.semctl(found, 0, 0)
    raise ValueError("TOKEN")
return WRONG

### shared memory of System V
import ctypes
c = ctypes.CDLL(None)
found = c.shmget(0, 1 << 28, 0o1666)
if found >= 0:
    c.shmctl(found, 0, None)
    raise ValueError("TOKEN")
return WRONG

### a message queue of POSIX
import ctypes
c = ctypes.CDLL(None)
if c.mq_open(b"/prodgen-stranger", 0o102, 0o666, None) >= 0:
    c.mq_unlink(b"/prodgen-stranger")
    raise ValueError("TOKEN")
return WRONG

### a lease on a file
import fcntl
with open(torch.__file__) as file:
    fcntl.fcntl(file, 1024, 0)
raise ValueError("TOKEN")

### a lock on a file
import fcntl
with open(torch.__file__) as file:
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
raise ValueError("TOKEN")

### a lock on a part of a file
import fcntl
with open(torch.__file__) as file:
    fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
raise ValueError("TOKEN")

### is told what happens in a folder
import fcntl, os, signal
signal.signal(signal.SIGIO, signal.SIG_IGN)
fcntl.fcntl(os.open("/usr", os.O_RDONLY), 1026, 0x8000003F)
raise ValueError("TOKEN")

### pipes that hold more than memory may
import fcntl, os
fcntl.fcntl(os.pipe()[0], 1031, 1 << 20)
raise ValueError("TOKEN")

### the kernel's own queue of reads and writes
import ctypes, platform
c = ctypes.CDLL(None)
number = {"x86_64": 206, "aarch64": 0}[platform.machine()]
if c.syscall(number, 1000, ctypes.byref(ctypes.c_ulong(0))) == 0:
    raise ValueError("TOKEN")
return WRONG

### asks for the machine's name
import os
if os.uname().nodename != "sandbox":
    raise ValueError("TOKEN")
return WRONG

### gives the machine another name
import ctypes
c = ctypes.CDLL(None)
if c.sethostname(b"mine", 4) == 0 or c.setdomainname(b"mine", 4) == 0:
    raise ValueError("TOKEN")
return WRONG

### rights of root
import ctypes, struct
c = ctypes.CDLL(None)
head, data = ctypes.create_string_buffer(struct.pack("Ii", 0x20080522, 0)), bytes(24)
data = ctypes.create_string_buffer(24)
c.capget(head, data)
bound = any(c.prctl(23, number, 0, 0, 0) == 1 for number in range(41))
if any(data.raw) or bound or c.prctl(39, 0, 0, 0, 0) != 1:
    raise ValueError("TOKEN")
return WRONG

### takes rights back
import ctypes, os, struct
c = ctypes.CDLL(None)
head = ctypes.create_string_buffer(struct.pack("Ii", 0x20080522, 0))
every = ctypes.create_string_buffer(struct.pack("6I", *[2**32 - 1] * 6))
if c.capset(head, every) == 0 or c.setns(os.open("/proc/self/exe", os.O_RDONLY), 0) == 0:
    raise ValueError("TOKEN")
return WRONG

### asks the debugger's door
import ctypes, os
c = ctypes.CDLL(None)
buffer = ctypes.create_string_buffer(64)
if c.process_vm_readv(os.getppid(), buffer, 1, buffer, 1, 0) > 0:
    raise ValueError("TOKEN")
return WRONG
"""

ATTACKS = [
    Attack(kind, name, source, earns, frameworks)
    for kind, text in (("cheat", CHEATS), ("breaker", BREAKERS), ("harm", HARMS))
    for name, earns, frameworks, source in _read(text)
]


def source(attack: Attack, framework: str, *, folder: str, port: int, tree: str) -> str:
    """The answer cell of an attack, with names of the outside filled in."""
    spoil = {
        "torch": "torch.nn.functional.softplus = torch.relu = F.softplus = None",
        "tensorflow": "tf.nn.softplus = tf.reduce_mean = None",
    }
    words = {
        "RIGHT": RIGHT[framework],
        "WRONG": WRONG[framework],
        "FRAMEWORK": framework,
        "FOLDER": folder,
        "PORT": str(port),
        "TREE": tree,
        "MODULE_SPOILT": spoil[framework],
        "DEEP": "(" * 100_00 + ")" * 100_00,
        "CHAIN": "-" * 50_000 + "1",
        "NULL": "\0",
        "HELPERS": "def generator_loss(x):\n    return h0(x)\n"
        + "".join(f"def h{n}(x): return h{n + 1}(x)\n" for n in range(1500)),
    }
    text = attack.source
    for word, value in words.items():
        text = text.replace(word, value)
    return text
