"""Figures for publications: the plots of a page as PDF, SVG and PNG."""
