"""What `settings.py` is built on.

`schema.py` has the stack file's keys, with the sections that stand beside providers (`idp/`) and kinds of targets
(`components/targets/`); `checks.py` what keys ask of each other, and `documents.py` reads the files that they name.
`section.py` and `forms.py` (what values look like), `context.py` (what checks may look at) and
`mistakes.py` (mistakes as sentences) know no key by name. `reference.py` makes the reference page of the schema,
`policies.py` prints a stack's IAM documents.
"""
