"""The shape of the house: layers, sizes, laziness, isolation. A stranger who breaks one of these is told which."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "dreamc"
MODULES = sorted(path for path in PACKAGE.rglob("*.py"))
LAYERS = (
    "diagnostics", "document", "knowledge", "spec", "hub", "sizing", "stack", "cost", "learning",
    "workloads", "backends", "explain", "inputs", "compiler", "moving", "cli",
)  # fmt: skip
FREE = {"artifact", "errors", "resources"}
ON_HOSTS = ("provision", "supply")
OUTWARD = {"cli", "client", "gateway", "runtime", "artifact", "", *ON_HOSTS}
PURE_PROVISION = ("provision/facts/", "provision/operations/", "provision/plan/", "provision/show/")
"""Facts, operations and plans are text and values; only sessions reach a host."""
PURE_RUNTIME = {
    "dreamc.runtime.contract",
    "dreamc.runtime.policy",
    "dreamc.runtime.types",
    "dreamc.runtime.complexity",
    "dreamc.runtime.money",
}
MAY_DECIDE = {"backends/rehearsal.py", "explain/route.py"}
WEIGHS = ("cost/", "learning/")
"""They decide logged and imagined requests with the gateway's own code."""
HEAVY = (
    "litellm", "fabric", "highspy", "huggingface_hub", "numpy", "jsonschema", "jinja2", "rich", "paramiko", "httpx",
    "requests", "matplotlib", "genai_prices",
)  # fmt: skip


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def imports(path: Path, top_only: bool = False) -> list[str]:
    """Absolute names of everything that the module imports; `top_only` leaves out what stands inside functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_only else list(ast.walk(tree))
    found: list[str] = []
    for node in nodes:
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = name_of(path).split(".")
            base = base[: len(base) - node.level + (path.name == "__init__.py")]
            found += [".".join((*base, node.module or "", alias.name)).replace("..", ".") for alias in node.names]
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_imports_only_what_stands_to_its_left(path: Path) -> None:
    here = room(name_of(path))
    for target in imports(path):
        if not target.startswith("dreamc."):
            continue
        there = room(target)
        assert _allowed(path, here, there, target), f"{here} must not import {target}"


def _allowed(path: Path, here: str, there: str, target: str) -> bool:
    relative = path.relative_to(PACKAGE).as_posix()
    if there == here or target == "dreamc.__version__" or relative == "__main__.py":
        return True
    if there == "runtime":
        pure = any(target == name or target.startswith(f"{name}.") for name in PURE_RUNTIME)
        return pure and (relative in MAY_DECIDE or relative.startswith(WEIGHS))
    if here == "runtime":
        return False
    if here in FREE:
        return there in {"diagnostics", "document", *FREE}
    if here == "client":
        return there == "errors"
    if here == "gateway":
        return there in FREE
    if there in FREE:
        return True
    if here in ON_HOSTS:
        return there in {"diagnostics", "document"} or (here, there) == ("supply", "provision")
    if there in ON_HOSTS:
        return here == "cli"
    if there in {"client", "gateway"}:
        return here == "cli"
    return here in LAYERS and there in LAYERS and LAYERS.index(there) < LAYERS.index(here)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_has_at_most_300_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


def functions() -> list[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    found = []
    for path in MODULES:
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        found += [(path, node) for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return found


def test_every_function_says_what_it_returns() -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}" for path, node in functions() if node.returns is None
    ]
    assert silent == []


def test_nine_functions_in_ten_are_under_30_lines_and_half_are_about_8() -> None:
    lengths = sorted((node.end_lineno or node.lineno) - node.lineno + 1 for _, node in functions())
    assert lengths[len(lengths) * 9 // 10] < 30
    assert lengths[len(lengths) // 2] <= 10


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_heavy_libraries_are_imported_where_they_are_needed_only(path: Path) -> None:
    if room(name_of(path)) == "runtime":
        return
    heavy = [target for target in imports(path, top_only=True) if target.split(".")[0] in HEAVY]
    assert heavy == []


def test_checking_a_file_loads_none_of_the_heavy_libraries() -> None:
    code = (
        "import sys\n"
        "from dreamc.cli import main\n"
        "try:\n    main(['check', '-f', 'examples/hybrid-4070/dream.yaml', '--today', '2026-11-20'])\n"
        "except SystemExit as stop:\n    assert not stop.code, stop.code\n"
        f"loaded = sorted(set({HEAVY!r}) & set(sys.modules))\n"
        "assert loaded == [], loaded\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_nothing_left_of_the_command_line_knows_clock_environment_or_network(path: Path) -> None:
    relative = path.relative_to(PACKAGE).as_posix()
    if room(name_of(path)) in OUTWARD and not relative.startswith(PURE_PROVISION):
        return
    roots = {target.split(".")[0] for target in imports(path)}
    assert not roots & {"time", "socket", "random", "uuid", "getpass", "tempfile", "subprocess"}
    assert not [target for target in imports(path) if target.startswith(("urllib.request", "http."))]
    found = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Attribute)]
    assert not {node.attr for node in found} & {"environ", "getenv", "utcnow", "getcwd", "cwd"}
    assert not [node for node in found if (ast.unparse(node.value), node.attr) == ("datetime", "now")]


def test_spans_stay_in_diagnostics_and_document() -> None:
    for path in MODULES:
        if room(name_of(path)) in {"diagnostics", "document"}:
            continue
        names = {
            node.id for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Name)
        }
        assert "Span" not in names, path


def test_back_ends_never_see_the_unresolved_file() -> None:
    for path in MODULES:
        relative = path.relative_to(PACKAGE).as_posix()
        if relative.startswith(("backends/", "workloads/")) and relative != "backends/rehearsal.py":
            assert not [target for target in imports(path) if target.startswith("dreamc.spec")], relative


def test_no_module_is_a_drawer() -> None:
    names = {path.stem for path in MODULES}
    assert not names & {"utils", "util", "helpers", "helper", "common", "misc", "manager"}


def test_the_runtime_needs_nothing_but_the_standard_library_outside_its_adapters() -> None:
    adapters = {"litellm", "fastapi", "mcp", "starlette", "uvicorn", "psycopg", "redis"}
    for path in sorted((PACKAGE / "runtime").rglob("*.py")):
        for target in imports(path):
            root = target.split(".")[0]
            assert root in sys.stdlib_module_names or root in adapters or target.startswith("dreamc.runtime"), (
                path,
                target,
            )
