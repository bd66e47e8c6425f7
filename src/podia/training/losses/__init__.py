"""Losses: what a training makes small. Unlabelled pixels (-1) count in none of them."""
