"""Neural networks: outputs, models, inference, export."""
