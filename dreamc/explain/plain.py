"""Files without a tree of their own: secrets, directories, the host script, the runbook, the runtime, the manifest."""

from __future__ import annotations

from dreamc.explain.known import service_row
from dreamc.explain.types import Origin, Rule, Scene, Spot, Told
from dreamc.explain.words import chosen, fixed, key, secret

FILES = {"dream.sh.j2": "dream", "README.md.j2": "README.md"}


def _variable(scene: Scene, spot: Spot) -> Told:
    known = secret(scene, spot.text(0))
    if known is not None:
        return Told(f"{known.why}; fill it in on the host", known.paths, known.origins)
    why = "made up once for this host and kept in its .env, such as `openssl rand -hex 32`"
    return chosen("workloads/secrets.py", why, ("services",))


def _input(scene: Scene, _spot: Spot) -> Told:
    names = ", ".join(source.name for source in scene.document.sources if source.name)
    return chosen("compiler.py", f"sha256 over the texts of {names}; neither their names nor the day are in it")


def _copied(_scene: Scene, spot: Spot) -> Told:
    module = spot.path.rpartition("/")[2]
    why = f"dreamc/runtime/{module} as it is in this release: the gateway decides with the code that runs `tests:`"
    return chosen("backends/runtime_files.py", why)


def _rendered(template: str, why: str) -> Rule:
    def explain(scene: Scene, _spot: Spot) -> Told:
        where = Origin(
            "chosen", f"templates/{template}", "the template; what varies in it is taken from the resolved file"
        )
        return Told(why, (("name",),), (where,), notes=(f"of stack {scene.stack.name}",))

    return Rule(FILES[template], ("*",), explain)


def _directory(_scene: Scene, _spot: Spot) -> Told:
    why = "a directory that must exist before the first start, with its owner: MODE UID GID PATH"
    return chosen("backends/folders.py", why, ("data", "root"))


def _service_file(_scene: Scene, spot: Spot) -> Told | None:
    parts = spot.path.split("/")
    rows = service_row(parts[1], "the text of its configuration file") if len(parts) == 3 else ()
    return Told("configuration that the service table holds", (("services", parts[1]),), rows) if rows else None


RULES: tuple[Rule, ...] = (
    Rule(".env.example", ("*",), _variable),
    Rule("config/directories", ("*",), _directory),
    Rule("config/runtime/*", ("*",), _copied),
    _rendered("dream.sh.j2", "the host script: everything that is done on the host, with nothing but Docker"),
    _rendered("README.md.j2", "the runbook of this host"),
    Rule("MANIFEST.json", ("input_sha256",), _input),
    Rule("MANIFEST.json", ("stack",), key("name of the stack: two projects never write into one directory", ("name",))),
    Rule("MANIFEST.json", ("host",), key("the host", ("hardware",))),
    Rule(
        "MANIFEST.json",
        ("files", "*", "*"),
        fixed("artifact/types.py", "path, mode and sha256 of every file, so that edits by hand are seen"),
    ),
    Rule("MANIFEST.json", ("version",), fixed("artifact/types.py", "version of the manifest's format")),
    Rule("MANIFEST.json", ("tool",), fixed("backends/emit.py", "the compiler that made the bundle")),
    Rule("config/*", ("**",), _service_file),
)
