"""The components as a package for programs in any of Pulumi's languages: docs/package.md.

Its schema is made of the same models as the stack file's, so that a key, its description, its default and its checks
exist once, and a new provider or kind of target is in the package by itself.
"""
