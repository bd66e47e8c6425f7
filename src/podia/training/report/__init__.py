"""The page of a training: what it learned from, how it went, and what came out."""
