"""The parts of the page that show plots: tables in, figures out."""
