"""A plan for people, for a pull request, and for machines."""

from dreamc.provision.show.markdown import markdown
from dreamc.provision.show.saved import read_saved, saved
from dreamc.provision.show.text import text

__all__ = ["markdown", "read_saved", "saved", "text"]
