"""Training report: data, training curves, predictions and model."""
