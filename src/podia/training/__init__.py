"""Training of networks on annotated movies."""
