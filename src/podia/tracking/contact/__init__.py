"""Cells that touch: how many each region holds, and which is which, as long as it takes."""
