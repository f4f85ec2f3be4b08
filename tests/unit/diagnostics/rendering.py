"""One report that has everything in it, for the tests of the renderers."""

from __future__ import annotations

from dreamc.diagnostics.report import Report, make_report
from dreamc.diagnostics.types import Diagnostic, Path, Related, Source
from dreamc.document.read import read

TEXT = """\
name: 漢字 lab
models:
  a: {port: 1, key: hunter2-hunter2}
  b: {port: 1} # dreamc: ignore[DRM302] tested by hand
"""

EMPTY = Report((Source("dream.yaml", ""),), ())


def report(*diagnostics: Diagnostic, text: str = TEXT, name: str = "dream.yaml") -> Report:
    """The report on `diagnostics` about `text`."""
    document, found = read(Source(name, text))
    assert document is not None
    return make_report((*found, *diagnostics), document)


def said(path: Path, code: str = "DRM301", message: str = "a message", **more: object) -> Diagnostic:
    """A diagnostic with little to write."""
    return Diagnostic(code, path, message, **more)  # type: ignore[arg-type]


def everything() -> Report:
    """An error with a second place and a remedy, a secret, a warning without a place, and an ignored finding."""
    return report(
        said(("models", "a", "port"), "DRM204", "port 1 is taken", label="wanted twice", help="use 2",
             related=(Related(("models", "b", "port"), "also here"),)),
        said(("models", "a", "key"), "DRM113", "expected a reference", secret=True),
        said(("models", "b"), "DRM302", "too | `tight`\nreally"),
        said((), "DRM019", "100% of <all> & more", help="a, b: c"),
    )  # fmt: skip
