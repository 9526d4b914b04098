"""How thorough property tests are: quick by default, repeatable with twice the examples in CI, 10,000 of them with
MGRAD_TEST_PROFILE=long, which also runs the tests that compile kernels."""

import os

from hypothesis import settings

settings.register_profile("quick", deadline=None)
settings.register_profile("ci", deadline=None, max_examples=200, derandomize=True, print_blob=True)
settings.register_profile("long", deadline=None, max_examples=10_000)
settings.load_profile(os.environ.get("MGRAD_TEST_PROFILE") or ("ci" if os.environ.get("CI") else "quick"))
