"""Data types of podia: movies, labels, lineage, calibration, and declarations of tables.

No algorithms, no file access, no torch. Import from the modules, such as :mod:`podia.data.movie`.
"""
