"""Corrections made by a person: small operations on cells, links and divisions that can be replayed."""
