"""An installed host behind a real sshd: its own docker, and an inventory that leads to it."""

from __future__ import annotations

from tests.sshd import Server
from tests.unit.provision.installed import Installed


def behind_ssh(installed: Installed) -> Server:
    """Starts the server and rewrites the host's inventory.yaml."""
    world = f"export PATH={installed.folder}/bin:$PATH FAKE_DOCKER={installed.folder}/state.json"
    server = Server(f'ForceCommand {world}; eval "$SSH_ORIGINAL_COMMAND"\n')
    address = server.address()
    variables = {
        "ansible_host": address.host,
        "ansible_port": address.port,
        "ansible_ssh_private_key_file": address.key,
        "ansible_ssh_common_args": f"'{' '.join(address.options)}'",
    }
    lines = "".join(f"      {name}: {value}\n" for name, value in variables.items())
    (installed.folder / "inventory.yaml").write_text(f"all:\n  hosts:\n    box:\n{lines}")
    return server
