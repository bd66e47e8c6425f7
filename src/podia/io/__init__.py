"""Readers and writers: convert between files and the types of :mod:`podia.data`."""
