"""Sphinx settings of the documentation site: ``make site`` builds it into build/site."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

from podia.version import __version__

project = "podia"
author = "The podia developers"
copyright = author  # noqa: A001, Sphinx's name
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "podia_reference", "root_pages"]
exclude_patterns = ["_extensions"]
root_doc = "index"

myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]

highlight_language = "none"
autodoc_typehints = "none"
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_rtype = False
add_module_names = False

html_theme = "pydata_sphinx_theme"
html_title = "podia"
html_static_path = ["_static"]
html_css_files = ["podia.css"]
html_copy_source = False
html_show_sourcelink = False
html_sidebars = {
    page: [] for page in ("index", "concepts", "gallery", "coming-from", "benchmarks", "install")
}
html_theme_options = {
    "show_prev_next": False,
    "navigation_with_keys": False,
    "header_links_before_dropdown": 6,
    "navbar_align": "left",
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "pygments_light_style": "default",
    "pygments_dark_style": "monokai",
}
