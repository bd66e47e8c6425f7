"""What flows through podia: movies, labels, lineage, calibration, and the tables' declarations.

No algorithms, no file access, no torch. Import from the modules, such as :mod:`podia.data.movie`.
"""
