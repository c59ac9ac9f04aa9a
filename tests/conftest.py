"""What every test stands on."""

import os

from hypothesis import settings

# Timings on shared machines say nothing; the same examples every time, so that a red run is red for everyone.
settings.register_profile("ci", deadline=None, derandomize=True, max_examples=60)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
