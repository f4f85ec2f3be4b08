"""`dreamc bundle`: one file with bundles, models and images for machines that never see a network."""

from __future__ import annotations

from pathlib import Path

import click

from dreamc.cli.options import request, source

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group("bundle")
def command() -> None:
    """One checksummed archive for machines that never see a network: save, load."""


@command.command("save")
@source
@click.argument("archive", type=_FILE, metavar="FILE")
@click.option("-H", "--host", "hosts", multiple=True, metavar="NAME", help="Only these hosts; repeatable, globs.")
@click.option("--offline", is_flag=True, envvar="DREAMC_OFFLINE", show_envvar=True, help="Download nothing.")
@click.option("-q", "--quiet", is_flag=True, envvar="DREAMC_QUIET", show_envvar=True, help="No progress.")
def save(
    file: Path,
    overlay: str | None,
    today: str | None,
    archive: Path,
    hosts: tuple[str, ...],
    offline: bool,
    quiet: bool,
) -> None:
    """Write the bundles of the file, their models and their images into FILE.

    Models come from this machine's caches, which fetch what they lack; images from this machine's Docker.
    """
    from dreamc.cli.compile import wanted
    from dreamc.cli.findings import told
    from dreamc.cli.models_text import Counter
    from dreamc.cli.stores import sources
    from dreamc.compiler import emit, resolve
    from dreamc.supply.collect import save as save_archive
    from dreamc.supply.talk import gib

    result = resolve(request(file, overlay, today))
    if result.stack is None:
        told(result, "text", False, err=True)
        click.echo("dreamc: nothing was written", err=True)
        raise click.exceptions.Exit(1)
    given = sources(offline=offline)
    shelves = tuple(one for one in (given.hub_shelf, given.ollama_shelf) if one is not None)
    index, id_ = save_archive(archive, wanted(emit(result.stack), hosts), shelves, Counter(quiet))
    unpinned = [one.name for one in index.models if not one.pinned]
    if unpinned:
        click.echo(f"dreamc: not pinned: {', '.join(unpinned)}; dreamc lock pins them", err=True)
    click.echo(f"{archive}: {len(index.members)} files, {gib(archive.stat().st_size)}; id {id_}")


@command.command("load")
@click.argument("archive", type=_FILE, metavar="FILE")
@click.option("-o", "--output", "directory", type=click.Path(path_type=Path, file_okay=False), default=Path("build"),
              show_default=True, help="Directory of the bundles.")  # fmt: skip
@click.option(
    "--id", "expected", default=None, metavar="ID", help="The id that `save` printed; another one is refused."
)
@click.option("--check", "only_check", is_flag=True, help="Read and compare everything, write nothing.")
@click.option("-q", "--quiet", is_flag=True, envvar="DREAMC_QUIET", show_envvar=True, help="No progress.")
def load(archive: Path, directory: Path, expected: str | None, only_check: bool, quiet: bool) -> None:
    """Read FILE in full, compare every part with its checksum, and write the bundles.

    Models and images stay in the archive: apply and `models pull` take them from it with --archive FILE.
    """
    from dreamc.artifact.changes import Conflicts
    from dreamc.artifact.write import write
    from dreamc.cli.models_text import Counter
    from dreamc.errors import DreamError
    from dreamc.supply.archive import read

    found = read(archive, Counter(quiet))
    if expected is not None and found.id != expected:
        raise DreamError(f"the id of {archive} is {found.id}, not {expected}", "nothing was written", "copy it again")
    if not only_check:
        done = write(found.bundles(), directory)
        if isinstance(done, Conflicts):
            names = ", ".join(one.path for one in done.items)
            raise DreamError(f"{names} were edited by hand", "nothing was written", "give another directory with -o")
    models = ", ".join(f"{one.name}{'' if one.pinned else ' (not pinned)'}" for one in found.index.models) or "none"
    click.echo(f"{archive}: right, id {found.id}")
    click.echo(f"hosts: {', '.join(found.index.hosts)}\nmodels: {models}")
    click.echo(f"images: {', '.join(one.name for one in found.index.images) or 'none'}")
