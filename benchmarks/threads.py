"""One thread for everybody: must be said before numpy, torch or jax are imported, so this imports nothing of them."""

import os

_ONE = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS")


def only_one_thread() -> None:
    """Tells every library of this process, and of those that it starts, to work on one thread."""
    os.environ.update(dict.fromkeys(_ONE, "1"))
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ["JAX_PLATFORMS"] = "cpu"
