"""Policy pack for Pulumi: `pulumi preview --policy-pack policy` refuses stacks that break the rules in `rules.py`.

`rules` decides and knows no SDK; `__main__` hands the rules to the engine.
"""
