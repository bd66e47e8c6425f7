"""Small movies, drawn cells and biological situations for tests of podia and of what extends it.

- :mod:`podia.testing.situations`: named situations of biology (a division, a gap, cells that merge), each with its
  labels and the lineage that tracking should find. ``ALL_SITUATIONS`` has them all.
- :mod:`podia.testing.drawn_cells`: masks drawn from formulas (discs, strips, stars with arms, rings), so that the
  expected area, length or number of tips follows from geometry.
- :mod:`podia.testing.small_movies`: a movie of three crawling discs, as arrays and as a TIFF with its labels.
- :mod:`podia.testing.phase_contrast`: images of dark, grainy cells with bright halos.
- :mod:`podia.testing.counted_frames`: a source of frames that counts how often each is read.

Examples
--------
>>> from podia.testing.situations import division
>>> from podia.tracking.track import track
>>> track(division().labels).n_divisions
1
"""
