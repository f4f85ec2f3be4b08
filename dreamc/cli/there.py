"""Wishes for what is on the hosts already: another mode, an earlier release."""

from __future__ import annotations

from collections.abc import Callable

from dreamc.artifact.types import Bundle
from dreamc.cli.hosts import Scene
from dreamc.provision.survey import Wish


def there(scene: Scene, release: str = "", mode: str = "", steal: bool = False) -> Callable[[str, Bundle | None], Wish]:
    """The same wish for every host; the bundles of the file play no part."""
    stack = scene.stack
    return lambda _name, _bundle: Wish(stack.root, stack.project, None, release, mode, steal=steal)
