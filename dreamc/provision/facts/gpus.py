"""The GPUs as the driver shows them, and whether containers can reach them."""

from __future__ import annotations

import re

from dreamc.provision.facts.types import Fact, Found, Lines, number
from dreamc.provision.types import Gpu

# Drivers before 510 do not know compute_cap and refuse the whole query ("nvidia-smi --help-query-gpu").
SCRIPT = r"""
for tool in nvidia-container-runtime-hook nvidia-ctk nvidia-container-cli; do
    if has $tool; then echo toolkit; break; fi
done
has nvidia-smi || exit 0
echo smi
ask() { limit nvidia-smi --query-gpu="$1" --format=csv,noheader,nounits 2>&1; }
found=$(ask index,name,memory.total,memory.used,driver_version,compute_cap,mig.mode.current)
code=$?
if [ $code != 0 ]; then
    case $found in
    *"not a valid field"*) found=$(ask index,name,memory.total,memory.used,driver_version); code=$? ;;
    esac
fi
printf '%s\n' "$found"
[ $code != 124 ] || echo "nvidia-smi does not answer"
"""

_GPU = re.compile(r"(\d{1,3}), (.+?), ([^,]+), ([^,]+), ([^,]+)(?:, ([^,]+), ([^,]+))?", re.ASCII)
_CAPABILITY = re.compile(r"\d{1,2}\.\d", re.ASCII)
_VERSION = re.compile(r"\d+(\.\d+)+", re.ASCII)
MIB = 2**20


def parse(lines: Lines) -> Found:
    """What is no GPU is what the tool had to say instead."""
    rest = [line for line in lines if line not in ("toolkit", "smi")]
    found = [_GPU.fullmatch(line) for line in rest]
    problem = next((line for line, match in zip(rest, found, strict=True) if match is None), "")
    if "smi" not in lines:
        problem = "nvidia-smi is not there"
    return {
        "_toolkit": "toolkit" in lines,
        "gpus": tuple(_gpu(match) for match in found if match is not None),
        "gpu_problem": problem,
    }


def _gpu(match: re.Match[str]) -> Gpu:
    index, name, memory, used, driver, capability, mig = (text or "" for text in match.groups())
    return Gpu(
        index=int(index),
        name=name,
        memory=number(memory.strip()) * MIB,
        capability=capability if _CAPABILITY.fullmatch(capability) else "",
        driver=driver if _VERSION.fullmatch(driver) else "",
        mig=mig == "Enabled",
        used=number(used.strip()) * MIB,
    )


GPUS = Fact("gpus", SCRIPT, parse, beside=True)
