"""Token tools: token shapes, the authorizer's rules as pure functions, and the command line `python -m tokens`.

Nothing here imports pulumi, and importing the package imports none of its modules: `decode` has to start at once.
"""
