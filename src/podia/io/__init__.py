"""Readers and writers: files to what :mod:`podia.data` declares, and back."""
