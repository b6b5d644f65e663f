"""What `settings.py` is built on: the forms that values must have, mistakes as sentences, and the reference page.

Nothing here knows a key of this project by name; the keys are in `settings.py`.
"""
