"""How thorough property tests are: quick by default, long with MGRAD_TEST_PROFILE=long, repeatable in CI."""

import os

from hypothesis import settings

settings.register_profile("quick", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("long", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("MGRAD_TEST_PROFILE") or ("ci" if os.environ.get("CI") else "quick"))
