"""Parameters of the image encoder that a vision model carries beside its language model."""

from __future__ import annotations

from dreamc.hub.keys import Config, natural, positive, section


def parameters(config: Config, text_hidden: int) -> int:
    """A plain vision transformer with biases and one projector; 0 where config.json has no vision part.

    Checked against google/gemma-3-4b-it: 8.01 GiB of safetensors in all (kaito-project/kaito model catalogue).
    """
    tower = section(config, "vision_config")
    if not tower:
        return 0
    hidden, inter = positive(tower, "hidden_size"), positive(tower, "intermediate_size")
    layer = 4 * hidden * hidden + 4 * hidden + 2 * hidden * inter + hidden + inter + 4 * hidden
    patch = positive(tower, "patch_size", default=14)
    grid = natural(tower, "image_size", default=patch) // patch
    embeddings = natural(tower, "num_channels", default=3) * patch * patch * hidden + hidden + grid * grid * hidden
    return positive(tower, "num_hidden_layers", "depth") * layer + embeddings + 3 * hidden + hidden * text_hidden
