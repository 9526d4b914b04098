"""The cache of compiled kernels: never stale, and when it fails it costs time and nothing else.

Compiling takes some seconds, so most tests put a few bytes in the place of machine code.
"""

import ast
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import mgrad.engine
from mgrad.engine.executors import available, kernel_cache

if "native" not in available():
    pytest.skip("no llvmlite", allow_module_level=True)

from mgrad.engine.executors import machine_code

ENGINE = Path(mgrad.engine.__file__).parent


class StandIn:
    """What was loaded, in the place of kernels."""

    def __init__(self, code: bytes) -> None:
        self.code = code


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache, and nothing loaded yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(kernel_cache, "_loaded", kernel_cache._Loaded())
    monkeypatch.setattr(machine_code, "load_kernels", StandIn)
    return tmp_path / "cache"


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts how often a process would have been started to compile."""
    started: list[int] = []

    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[bytes]:
        started.append(1)
        return subprocess.CompletedProcess(command, 0, kernel_cache._sealed(b"machine code"), b"")

    monkeypatch.setattr(kernel_cache.subprocess, "run", run)
    return started


def loaded() -> bytes:
    kernels: Any = kernel_cache.kernels()
    return kernels.code


class TestTheFile:
    def test_it_depends_on_every_source(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        copied = tmp_path / "engine"
        shutil.copytree(ENGINE, copied, ignore=shutil.ignore_patterns("__pycache__"))
        before = kernel_cache.file()
        monkeypatch.setattr(kernel_cache, "__file__", str(copied / "executors" / "kernel_cache.py"))
        assert kernel_cache.file() == before  # where the sources lie does not matter

        seen = {before}
        for source in kernel_cache._SOURCES:
            with (copied / source).open("a") as file:
                file.write("\n# changed\n")
            seen.add(kernel_cache.file())

        assert len(seen) == 1 + len(kernel_cache._SOURCES)

    def test_it_depends_on_the_compiler_and_on_the_processor(self, monkeypatch: pytest.MonkeyPatch) -> None:
        files = {kernel_cache.file()}
        monkeypatch.setattr(machine_code.llvmlite, "__version__", "0.0.1")
        files.add(kernel_cache.file())
        monkeypatch.setattr(machine_code.llvm, "get_host_cpu_name", lambda: "another")
        files.add(kernel_cache.file())

        assert len(files) == 3

    def test_it_depends_on_the_width_that_is_asked_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        files = set()
        for bits in ("", "128", "256"):
            monkeypatch.setenv("MGRAD_VECTOR_BITS", bits)
            files.add(kernel_cache.file())

        assert len(files) == 3

    def test_every_module_that_kernels_are_made_of_is_a_source(self) -> None:
        """What the kernels import, and what those files import that is compiled too."""
        compiled = [source for source in kernel_cache._SOURCES if source.startswith("executors/")]
        wanted = set()
        for source in compiled:
            for node in ast.walk(ast.parse((ENGINE / source).read_text())):
                names = [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
                names += [f"{node.module}.{each.name}" for each in node.names] if names else []  # pyright: ignore[reportAttributeAccessIssue]
                wanted |= {name.removeprefix("mgrad.engine.") for name in names if name.startswith("mgrad.engine.")}
        files = {name.replace(".", "/") + ".py" for name in wanted}
        existing = {file for file in files if (ENGINE / file).is_file()}

        assert existing <= set(kernel_cache._SOURCES)


class TestLoading:
    def test_an_empty_cache_is_filled_by_a_process_of_its_own(self, cache: Path, compilations: list[int]) -> None:
        assert not kernel_cache.filled()

        assert loaded() == b"machine code"
        assert len(compilations) == 1
        assert kernel_cache.file().is_relative_to(cache)
        assert [each.name for each in kernel_cache.file().parent.iterdir()] == [kernel_cache.file().name]

    def test_a_full_cache_is_only_loaded(self, cache: Path, compilations: list[int]) -> None:
        kernel_cache.file().parent.mkdir(parents=True)
        kernel_cache.file().write_bytes(kernel_cache._sealed(b"kept code"))

        assert kernel_cache.filled()
        assert loaded() == b"kept code"
        assert compilations == []

    def test_kernels_are_loaded_once(self, cache: Path, compilations: list[int]) -> None:
        assert kernel_cache.kernels() is kernel_cache.kernels()

    def test_a_folder_that_cannot_be_made_is_said_and_done_without(self, cache: Path, compilations: list[int]) -> None:
        cache.write_text("a file where the folder should be")

        with pytest.warns(UserWarning, match="cannot be written .*: kernels are compiled at every start"):
            code = loaded()

        assert code == b"machine code"
        assert not kernel_cache.file().exists()

    @pytest.mark.parametrize("damaged", [b"", b"short", b"x" * 200], ids=["nothing", "a few bytes", "other bytes"])
    def test_a_damaged_file_is_replaced(self, damaged: bytes, cache: Path, compilations: list[int]) -> None:
        kernel_cache.file().parent.mkdir(parents=True)
        kernel_cache.file().write_bytes(damaged)

        with pytest.warns(UserWarning, match=f"are damaged .{len(damaged)} bytes that do not fit their checksum"):
            code = loaded()

        assert code == b"machine code"
        assert kernel_cache._unsealed(kernel_cache.file().read_bytes()) == b"machine code"

    @pytest.mark.parametrize(
        ("done", "said"),
        [
            ((1, b"", b"Traceback\nMemoryError: too little\n"), "MemoryError: too little"),
            ((0, b"half", b""), "4 bytes that do not fit"),
        ],
        ids=["it fails", "it says half"],
    )
    def test_a_process_that_fails_is_said_and_done_without(
        self, done: tuple[int, bytes, bytes], said: str, cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        failed = subprocess.CompletedProcess([], *done)
        monkeypatch.setattr(kernel_cache.subprocess, "run", lambda command, **options: failed)
        monkeypatch.setattr(machine_code, "compile_kernels", lambda: b"code of this process")

        with pytest.warns(UserWarning, match=f"could not be compiled in a process of their own: {said}"):
            code = loaded()

        assert code == b"code of this process"

    def test_threads_wait_for_each_other(self, cache: Path, compilations: list[int]) -> None:
        found: list[bytes] = []

        threads = [threading.Thread(target=lambda: found.append(loaded())) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert found == [b"machine code"] * 4
        assert len(compilations) == 1


# ---------------------------------------------------------------- in processes of their own


def python(program: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", program], capture_output=True, text=True, env=os.environ | environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip() + done.stderr.strip()


WITHOUT_LLVMLITE = {
    "no such module": 'sys.modules["llvmlite"] = None',
    "a finder forbids it": """
class Forbid:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "llvmlite":
            raise ImportError("llvmlite is not wanted here")
sys.meta_path.insert(0, Forbid())""",
}


@pytest.mark.parametrize("block", WITHOUT_LLVMLITE.values(), ids=WITHOUT_LLVMLITE)
def test_without_llvmlite_everything_runs_on_numpy(block: str) -> None:
    program = f"""
import sys
{block}
from mgrad.engine import MLP, Trainer, Value, executors
from mgrad.engine.errors import OptionError

assert executors.available() == ("numpy",)
assert executors.ready()
executors.prepare()
w = Value(1.0, "w")
program = ((w - 3.0) ** 2).compile()
program.learn(0.1, steps=100)
assert abs(program["w"].data - 3.0) < 1e-6
trainer = Trainer(MLP(2, [4, 1], activation="tanh", seed=1), ([[0, 0], [0, 1], [1, 0], [1, 1]], [-1, 1, 1, -1]))
trainer.run(epochs=5)
trainer.inspect(trainer.snapshot(), 0)
try:
    w.compile(executor="native")
except OptionError as error:
    print(error)
"""

    assert python(program) == "executor is 'native', but llvmlite is not installed: install it, or take 'numpy'."


def test_the_compiler_is_loaded_by_the_first_compile_and_not_before() -> None:
    program = """
import sys
from mgrad.engine import MLP, Trainer, Value, executors
loss = Value(1.0, "w") * 2.0
loss.learn(0.1)
executors.available()
loss.compile(executor="numpy")
assert "llvmlite" not in sys.modules and "textual" not in sys.modules
loss.compile()
assert "llvmlite" in sys.modules
assert "mgrad.engine.executors.kernels" not in sys.modules  # nor what only compiling needs, with a cache
print("as promised")
"""
    python("from mgrad.engine import executors; executors.prepare()")

    assert python(program).endswith("as promised")


def test_really_damaged_kernels_are_compiled_again(tmp_path: Path) -> None:
    program = 'from mgrad.engine import Value; print((Value(2.0, "w") * 3.0).compile(executor="native").data)'
    place = tmp_path / "mgrad" / kernel_cache.file().name
    place.parent.mkdir()
    place.write_bytes(kernel_cache.file().read_bytes()[:1000])

    first = python(program, XDG_CACHE_HOME=str(tmp_path))
    second = python(program, XDG_CACHE_HOME=str(tmp_path))

    assert first.startswith("6.0")
    assert "damaged" in first
    assert second == "6.0"
