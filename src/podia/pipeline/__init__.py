"""The steps joined: configuration, resume, progress."""
