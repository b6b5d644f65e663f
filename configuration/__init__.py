"""What `settings.py` is built on.

`schema.py` has the stack file's keys, with the sections that stand beside providers (`idp/`) and kinds of targets
(`components/targets/`); `access.py` and `private_endpoint.py` have larger ones, with their checks. `checks.py` has what
keys ask of each other, and `documents.py` reads the files that they name. `section.py`, `forms.py` (what values look
like), `context.py` (what checks may look at), `annotations.py` (what the types of sections say) and `mistakes.py`
(mistakes as sentences) know no key by name. `reference.py` makes the reference page of the schema, `editors.py` the
JSON schema for editors; `policies.py` prints a stack's IAM documents.
"""
