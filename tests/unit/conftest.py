"""How property tests run: what is measured is whether the property holds, not how busy the machine is."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "patient",
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,  # the first text that Hypothesis makes loads its tables of characters
        HealthCheck.function_scoped_fixture,  # the fixtures used here (a folder, a command) hold no state
    ],
)
settings.load_profile("patient")
