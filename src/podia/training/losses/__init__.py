"""Loss functions. All of them ignore unlabelled pixels (-1)."""
