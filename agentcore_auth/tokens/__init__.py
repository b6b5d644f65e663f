"""Tokens from outside: requests to token endpoints, discovery documents and keys, caches, and advice on refusals."""
