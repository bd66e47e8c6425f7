"""Output heads: channels, activation, target and decoding of predictions."""
