"""The cache of compiled kernels: never stale, and when it fails it costs time and nothing else.

Compiling takes half a minute, so most tests put a small module in the place of the kernels; the one that really
compiles runs with MGRAD_TEST_PROFILE=long.
"""

import ast
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import mgrad.engine
from mgrad.engine.executors import available, kernel_cache

ENGINE = Path(mgrad.engine.__file__).parent

pytestmark = pytest.mark.skipif("native" not in available(), reason="no numba")
long = pytest.mark.skipif(os.environ.get("MGRAD_TEST_PROFILE") != "long", reason="compiles for half a minute")


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache, and a small module in the place of the kernels, which nobody has loaded yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "stand_in_kernels.py").write_text("loaded = True\n")
    monkeypatch.syspath_prepend(tmp_path / "modules")
    monkeypatch.setattr(kernel_cache, "_KERNELS", "stand_in_kernels")
    monkeypatch.delitem(sys.modules, "stand_in_kernels", raising=False)
    return tmp_path


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts how often a process would have been started to fill the cache, and fills it."""
    started: list[int] = []

    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        started.append(1)
        (kernel_cache.folder() / "complete").touch()
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(kernel_cache.subprocess, "run", run)
    return started


class TestTheFolder:
    def test_it_depends_on_every_source(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        copied = tmp_path / "engine"
        shutil.copytree(ENGINE, copied, ignore=shutil.ignore_patterns("__pycache__"))
        before = kernel_cache.folder()
        monkeypatch.setattr(kernel_cache, "__file__", str(copied / "executors" / "kernel_cache.py"))
        assert kernel_cache.folder() == before  # where the sources lie does not matter

        seen = {before}
        for source in kernel_cache._SOURCES:
            with (copied / source).open("a") as file:
                file.write("\n# changed\n")
            seen.add(kernel_cache.folder())

        assert len(seen) == 1 + len(kernel_cache._SOURCES)

    def test_it_depends_on_versions(self, monkeypatch: pytest.MonkeyPatch) -> None:
        before = kernel_cache.folder()

        monkeypatch.setattr(kernel_cache, "version", lambda name: "0.0.1")

        assert kernel_cache.folder() != before

    def test_it_depends_on_the_width_that_is_asked_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        folders = set()
        for bits in ("", "128", "256"):
            monkeypatch.setenv("MGRAD_VECTOR_BITS", bits)
            folders.add(kernel_cache.folder())

        assert len(folders) == 3

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

        assert existing - {"executors/kernel_cache.py"} <= set(kernel_cache._SOURCES)


class TestLoading:
    def test_an_empty_cache_is_filled_by_a_process_of_its_own(self, cache: Path, compilations: list[int]) -> None:
        assert not kernel_cache.filled()

        module = kernel_cache.kernels()

        assert module.loaded
        assert len(compilations) == 1
        assert kernel_cache.folder().is_relative_to(cache)

    def test_a_full_cache_is_only_loaded(self, cache: Path, compilations: list[int]) -> None:
        kernel_cache.folder().mkdir(parents=True)
        (kernel_cache.folder() / "complete").touch()

        assert kernel_cache.filled()
        kernel_cache.fill()
        kernel_cache.kernels()

        assert compilations == []

    def test_numba_is_told_of_the_folder_and_then_as_before(self, cache: Path, compilations: list[int]) -> None:
        from numba.core import config

        (cache / "modules" / "stand_in_kernels.py").write_text(
            "from numba.core import config\nfolder = config.CACHE_DIR\n"
        )
        before = config.CACHE_DIR  # pyright: ignore[reportAttributeAccessIssue]

        module = kernel_cache.kernels()

        assert module.folder == str(kernel_cache.folder())
        assert before == config.CACHE_DIR  # pyright: ignore[reportAttributeAccessIssue]

    def test_a_folder_that_cannot_be_written_is_said_and_done_without(
        self, cache: Path, compilations: list[int]
    ) -> None:
        (cache / "cache").write_text("a file where the folder should be")

        with pytest.warns(UserWarning, match="cannot be written: kernels are compiled at every start"):
            module = kernel_cache.kernels()

        assert module.loaded
        assert compilations == []
        assert not kernel_cache.writable()

    def test_damaged_files_are_thrown_away_and_made_again(self, cache: Path, compilations: list[int]) -> None:
        kernel_cache.folder().mkdir(parents=True)
        damaged = kernel_cache.folder() / "damaged"
        damaged.touch()
        (kernel_cache.folder() / "complete").touch()
        (cache / "modules" / "stand_in_kernels.py").write_text(
            f"import pathlib\nif pathlib.Path({str(damaged)!r}).exists():\n    raise EOFError('short')\nloaded = True\n"
        )

        with pytest.warns(UserWarning, match=r"are damaged \(short\): compiled again"):
            module = kernel_cache.kernels()

        assert module.loaded
        assert len(compilations) == 1

    def test_a_process_that_fails_is_said_and_done_without(self, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        failed = subprocess.CompletedProcess([], 1, "", "Traceback\nMemoryError: too little\n")
        monkeypatch.setattr(kernel_cache.subprocess, "run", lambda command, **options: failed)

        with pytest.warns(
            UserWarning, match="could not be compiled in a process of their own: MemoryError: too little"
        ):
            module = kernel_cache.kernels()

        assert module.loaded

    def test_threads_wait_for_a_whole_module(self, cache: Path, compilations: list[int]) -> None:
        (cache / "modules" / "stand_in_kernels.py").write_text("slow = sum(range(3_000_000))\nloaded = True\n")
        found: list[bool] = []

        threads = [threading.Thread(target=lambda: found.append(kernel_cache.kernels().loaded)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert found == [True] * 4
        assert len(compilations) == 1


# ---------------------------------------------------------------- in processes of their own


def python(program: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", program], capture_output=True, text=True, env=os.environ | environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip() + done.stderr.strip()


WITHOUT_NUMBA = {
    "no such module": 'sys.modules["numba"] = None',
    "a finder forbids it": """
class Forbid:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "numba":
            raise ImportError("numba is not wanted here")
sys.meta_path.insert(0, Forbid())""",
}


@pytest.mark.parametrize("block", WITHOUT_NUMBA.values(), ids=WITHOUT_NUMBA)
def test_without_numba_everything_runs_on_numpy(block: str) -> None:
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

    assert python(program) == "executor is 'native', but numba is not installed: install it, or take 'numpy'."


def test_numba_is_loaded_by_the_first_compile_and_not_before() -> None:
    program = """
import sys
from mgrad.engine import MLP, Trainer, Value, executors
loss = Value(1.0, "w") * 2.0
loss.learn(0.1)
executors.available()
executors.ready()
loss.compile(executor="numpy")
assert "numba" not in sys.modules and "textual" not in sys.modules
loss.compile()
assert "numba" in sys.modules
print("as promised")
"""

    assert python(program).endswith("as promised")


@long
def test_really_damaged_files_are_compiled_again(tmp_path: Path) -> None:
    from mgrad.engine.executors import prepare

    prepare()
    whole = kernel_cache.folder()
    copied = tmp_path / "mgrad" / whole.name
    shutil.copytree(whole, copied)
    for file in copied.rglob("*.nb?"):
        file.write_bytes(file.read_bytes()[:100])
    program = 'from mgrad.engine import Value; print((Value(2.0, "w") * 3.0).compile(executor="native").data)'

    first = python(program, XDG_CACHE_HOME=str(tmp_path))
    second = python(program, XDG_CACHE_HOME=str(tmp_path))

    assert first.startswith("6.0")
    assert "damaged" in first
    assert second == "6.0"
