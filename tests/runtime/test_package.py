"""The package works under another name, from another folder, with nothing but the standard library."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "dreamc" / "runtime"
PURE = (
    *("contract", "complexity", "policy", "whitelist", "allowed", "whitelist_server"),
    *("edits", "edits_file", "live", "kept", "foreign", "whitelist_admin"),
    *("ledger", "usage", "answers", "asks", "stamp", "state"),
)


def test_the_pure_modules_run_as_a_top_level_package_without_any_dependency(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "dream_runtime", ignore=shutil.ignore_patterns("__pycache__"))
    imports = "; ".join(f"import dream_runtime.{name}" for name in PURE)
    script = f"import sys; sys.path.insert(0, sys.argv[1]); {imports}; print('dreamc' in sys.modules)"
    found = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script, str(tmp_path)], capture_output=True, text=True, check=False
    )

    assert found.stdout == "False\n", found.stderr
