"""Simulation of single labelled images for many cell shapes and microscopes."""
