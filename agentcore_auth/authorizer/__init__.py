"""The gateway's authorizer: the type, the rules by which it judges claims, the causes of refusals, signatures.

Pure: no clock, no network, no file.
"""
