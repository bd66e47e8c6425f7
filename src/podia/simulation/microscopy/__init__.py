"""Cells of every shape seen through every microscope: optical thickness in, single images with labels out."""
