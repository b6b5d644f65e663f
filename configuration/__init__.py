"""What `settings.py` is built on.

`schema.py` has the project's keys, and `checks.py` with its neighbours what the keys ask of each other; `forms.py`,
`mistakes.py` and `reference.py` (forms of values, mistakes as sentences, the reference page) know no key by name.
"""
