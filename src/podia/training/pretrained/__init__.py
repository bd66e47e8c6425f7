"""Weights to start training from."""
