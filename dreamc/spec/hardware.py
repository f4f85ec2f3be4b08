"""`hardware:` — the machines, what is in them, and where they are reached."""

from pydantic import Field

from dreamc.document.scalars import Gpus, Size, SomeSize
from dreamc.spec.base import Peer, Spec, Switch


class Host(Spec):
    """One machine that runs part of the stack."""

    gpus: Gpus = Field(
        default=(),
        description="GPUs of this machine, in the order of nvidia-smi: `rtx-4070`, `2 x h200`, "
        "`{model: quadro-rtx-5000, memory: 15.6 GiB}`, or a list of these. Omit for a machine without a GPU.",
    )
    ram: SomeSize | None = Field(default=None, description="Main memory, such as `64 GiB`.")
    disk: SomeSize | None = Field(default=None, description="Disk space for models and data, such as `500 GiB`.")
    nvlink: Switch = Field(default=False, description="Whether the GPUs are joined by NVLink.")
    address: Peer | None = Field(
        default=None,
        description="Name or IP address under which the other hosts reach this one. Default: the host's name.",
    )
    desktop: Size | None = Field(
        default=None,
        description="GPU memory that a desktop or another program holds on the first GPU and models must not take.",
    )
