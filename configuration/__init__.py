"""What `settings.py` is built on.

`schema.py` has the project's keys; `checks.py`, `provider_checks.py` and `target_checks.py` what these ask of each
other, and `documents.py` reads the files that they name. `forms.py` (what values look like), `least_privilege.py` and
`mistakes.py` (mistakes as sentences) know no key by name. `reference.py` makes the reference page of the schema.
"""
