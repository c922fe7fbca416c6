"""How Sphinx builds the site: `docs/build`, which needs no network and takes warnings for errors."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "extensions"))

import eventnet  # noqa: E402 (the path to the extensions is set first)

project = "eventnet"
author = "The eventnet authors"
version = release = eventnet.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_gallery.gen_gallery",
    "api_pages",
    "glossary_links",
    "offline_math",
    "plain_docstrings",
]
exclude_patterns = ["extensions", "gallery/README.rst", "generated/gallery/index.rst", "generated/gallery/sg_*"]
root_doc = "index"
suppress_warnings = ["config.cache"]  # the gallery's order is a function

# --- pages: MyST that GitHub shows, too ---
myst_heading_anchors = 4
myst_enable_extensions = ["dollarmath"]
html_math_renderer = "mathml"

# --- the API ---
default_role = "code"
highlight_language = "text"  # what a page shows as printed has no language
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_class_signature = "mixed"
python_maximum_signature_line_length = 90
python_use_unqualified_type_names = True
add_module_names = False
toc_object_entries_show_parents = "hide"

# --- the gallery: every script runs, and a class's page shows those that use it ---
sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "generated/gallery",
    "filename_pattern": r"\.py$",
    "backreferences_dir": "generated/backreferences",
    "doc_module": ("eventnet",),
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "write_computation_times": False,
    "show_signature": False,
    "remove_config_comments": True,
}

# --- the theme ---
html_theme = "furo"
html_title = f"eventnet {release}"
html_show_copyright = False
html_show_sourcelink = False
html_copy_source = False
html_static_path = ["extensions/static"]
html_css_files = ["site.css"]
