"""A vLLM command line, wherever it stands, to a model of dream.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field

from dreamc.diagnostics.types import Path
from dreamc.moving import kinds, words
from dreamc.moving.draft import Draft, Model
from dreamc.moving.keys import REVOKE
from dreamc.moving.notes import Notes
from dreamc.moving.scalars import number, whole
from dreamc.moving.types import Verdict
from dreamc.moving.vllm_options import Options, Value, gone, known, parsed

SIZED = "the compiler sizes it to the card"
OURS = "the compiler decides it"
_REASONS = {
    "--gpu-memory-utilization": SIZED, "--kv-cache-memory-bytes": SIZED, "--max-num-batched-tokens": SIZED,
    "--num-gpu-blocks-override": SIZED, "--swap-space": SIZED, "--block-size": SIZED,
    "--host": "the server listens inside its network only", "--download-dir": "weights lie below data: root",
    "--data-parallel-size": "write replicas: instead", "--pipeline-parallel-size": "a server has one stage; see gpus:",
}  # fmt: skip
_DTYPES = ("auto", "half", "float16", "bfloat16", "float32")
_CACHES = ("auto", "fp8", "fp8_e4m3", "fp8_e5m2", "int8_per_token_head")


@dataclass(slots=True)
class Command:
    """A command and where it stands: a list has a key for every word, a text one for all of them."""

    notes: Notes
    path: Path
    options: Options
    listed: bool
    told: list[tuple[Verdict, str, str]] = field(default_factory=list)

    def note(self, name: str, verdict: Verdict, target: str, reason: str = "") -> None:
        """What becomes of an option."""
        if not self.listed:
            self.told.append((verdict, target, f"{name}: {reason}" if reason else ""))
            return
        for word in self.options.words.get(name, ()):
            self._one((*self.path, word), verdict, target, reason)

    def finish(self) -> None:
        """The verdict on a command that is one text."""
        if self.listed or not self.told:
            return
        verdict: Verdict = "taken" if all(one == "taken" for one, _, _ in self.told) else "corrected"
        targets = ", ".join(dict.fromkeys(target for _, target, _ in self.told if target))
        self._one(self.path, verdict, targets, "; ".join(reason for _, _, reason in self.told if reason))

    def _one(self, path: Path, verdict: Verdict, target: str, reason: str) -> None:
        if verdict == "taken":
            self.notes.take(path, target, reason)
        elif verdict == "corrected":
            self.notes.correct(path, target, reason)
        else:
            self.notes.leave(path, reason)


def served(
    draft: Draft, notes: Notes, path: Path, command: list[str], listed: bool, beside: str = "", skipped: int = 0
) -> Model | None:
    """The model that a command serves; None where it names none. `beside` is the name of its service, `skipped` how
    many words of the list stand before the command's own."""
    options = parsed(command)
    if skipped and listed:
        places = {name: tuple(at + skipped for at in found) for name, found in options.words.items()}
        options = Options(options.model, options.values, places)
    line = Command(notes, path, options, listed)
    name = options.values.get("--served-model-name")
    called = [str(one) for one in name] if isinstance(name, list) else str(name).split() if name else []
    if not options.model:
        notes.leave(path, "no model is named, so vLLM would start its own default")
        return None
    names = tuple(dict.fromkeys((*called, *(() if called else (options.model,)))))
    model = Model(notes.at(path), notes, names, "local", handles=set(), servers={beside or str(path)})
    draft.models.append(model)
    _source(line, model)
    for option, value in options.values.items():
        _option(draft, line, model, option, value)
    line.finish()
    return model


def _source(line: Command, model: Model) -> None:
    options = line.options
    at = (*line.path, options.words[""][-1]) if line.listed else line.path
    repo, revision = options.model, options.values.get("--revision")
    if repo.count("/") != 1 or repo.startswith((".", "/", "~")):
        line.note("", "left", "", "a path says not which model it is: name the Hugging Face repository in source:")
        return
    model.says("engine", "vllm", at)
    model.says("source", f"hf:{repo}" + (f"@{revision}" if revision else ""), at)
    model.handles.add(f"source:hf:{repo.lower()}")
    line.note("", "taken", "models.*.source")


def _option(draft: Draft, line: Command, model: Model, name: str, value: Value) -> None:
    at = (*line.path, line.options.words[name][-1]) if line.listed else line.path
    found = _expressed(name, value)
    if found is not None:
        key, written = found
        model.says(key, written, at)
        line.note(name, "taken", f"models.*.{key}")
    elif name == "--tensor-parallel-size":
        draft.most_gpus = max(draft.most_gpus, whole(value) or 1)
        line.note(name, "taken", "models.*.gpus", "one GPU is what a server has anyway")
    elif name in ("--served-model-name", "--revision"):
        line.note(name, "taken", "the name of the model" if name.startswith("--s") else "models.*.source")
    elif name == "--port":
        _port(line, model, value, at)
    elif name == "--api-key":
        literal = kinds.secret_name(str(value)) is None
        line.note(name, "corrected", "", f"the compiler sets the key{'; this one ' + REVOKE if literal else ''}")
    elif name in _REASONS:
        line.note(name, "corrected", "", _REASONS[name])
    else:
        _further(line, model, name, value, at)


def _port(line: Command, model: Model, value: Value, at: Path) -> None:
    port = whole(value) or 0
    model.handles.add(f"at:localhost:{port}")
    line.note("--port", "corrected", "", "inside its network every server has the same; port: publishes one")
    if line.path[:1] == ("commands",) and port >= 1024 and not line.notes.given.name.endswith(".args"):
        model.says("port", port, at)
        line.note("--port", "taken", "models.*.port")


def _expressed(name: str, value: Value) -> tuple[str, object] | None:
    """The key of dream.yaml that an option is, and its value."""
    count = whole(value)
    match name:
        case "--max-model-len":
            length = count or _length(str(value))
            return ("context", words.tokens(length)) if length else None
        case "--max-num-seqs" if count:
            return "concurrency", count
        case "--tensor-parallel-size" if count and count > 1:
            return "gpus", count
        case "--dtype" if value in _DTYPES:
            return "dtype", value
        case "--quantization":
            return "quantization", str(value)
        case "--kv-cache-dtype" if value in _CACHES:
            return "kv_cache_dtype", value
        case "--cpu-offload-gb" if number(value):
            return "offload", f"{words.plain(number(value) or 0)} GiB"
        case "--task" | "--convert" | "--runner" if value in ("embed", "embedding", "pooling"):
            return "task", "embed"
    return None


def _length(text: str) -> int | None:
    """vLLM's `32k` (1,000s) and `32K` (1,024s)."""
    factor = {"k": 1000, "K": 1024, "m": 10**6, "M": 2**20}.get(text[-1:], 0)
    found = number(text[:-1]) if factor else None
    return int(found * factor) if found else None


def _further(line: Command, model: Model, name: str, value: Value, at: Path) -> None:
    if known(name) is None:
        line.note(name, "left", "", gone(name) or "vLLM has no such option")
    elif name in (
        "--task",
        "--runner",
        "--convert",
        "--dtype",
        "--kv-cache-dtype",
        "--max-num-seqs",
        "--max-model-len",
    ):
        line.note(name, "corrected", "", f"{OURS} for this value")
    else:
        model.says(f"engine_args.{name.removeprefix('--')}", value, at)
        line.note(name, "taken", f"models.*.engine_args.{name.removeprefix('--')}")
