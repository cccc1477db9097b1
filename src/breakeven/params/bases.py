"""Where the weights of a model come from: a student's base, or a teacher that runs here."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from breakeven.params.names import (
    Count,
    PackageName,
    Positive,
    ProjectPath,
    RepoId,
    Revision,
    Section,
    Seed,
    Text,
)


class FolderBase(Section):
    """A model in a folder of the project: safetensors, config and tokenizer.

    Attributes:
        path: The folder.
    """

    kind: Literal["folder"]
    path: ProjectPath


class HubBase(Section):
    """A model of the Hugging Face hub at a commit: safetensors only, never code of its own.

    Attributes:
        repo: The repository, as the hub writes it: `Qwen/Qwen2.5-0.5B`.
        revision: A commit; a branch or tag is resolved once, and the commit is recorded.
    """

    kind: Literal["hub"]
    repo: RepoId
    revision: Revision


class GgufBase(Section):
    """A GGUF file inside an installed Python package, converted once to safetensors.

    Attributes:
        package: The import name of the package; it is found without being imported.
        license: Its licence, recorded with the weights, which carry none of their own.
    """

    kind: Literal["gguf"]
    package: PackageName
    license: Text


class ScratchBase(Section):
    """A base model that the `base` stage trains from nothing on generated plain text.

    Attributes:
        tokenizer: The folder of the tokenizer that it is made for.
        hidden: Width of the model: a multiple of twice `heads`, as rotary embeddings turn pairs.
        layers: How many layers.
        heads: Query heads of a layer.
        kv_heads: Key-value heads of a layer; a divisor of `heads`.
        intermediate: Width within the feed-forward part of a layer.
        tokens: How much text it is pre-trained on.
        learning_rate: Peak learning rate of the pre-training.
        seed: Of the first weights and the text.
    """

    kind: Literal["scratch"]
    tokenizer: ProjectPath
    hidden: Count
    layers: Count
    heads: Count
    kv_heads: Count
    intermediate: Count
    tokens: Count
    learning_rate: Positive = 3e-3
    seed: Seed = 0

    @model_validator(mode="after")
    def _dimensions_fit(self) -> "ScratchBase":
        step = 2 * self.heads  # rotary embeddings turn pairs: a head's size must be even
        if self.hidden % step:
            lower = self.hidden - self.hidden % step
            what = (
                "is an odd head size for"
                if self.hidden % self.heads == 0
                else "is not a multiple of"
            )
            raise ValueError(
                f"hidden: {self.hidden} {what} heads ({self.heads}); "
                f"use {lower or step} or {(lower or step) + step}"
            )
        # Grouped queries: every key-value head serves as many query heads as the others.
        if self.heads % self.kv_heads:
            raise ValueError(
                f"kv_heads: {self.kv_heads} does not divide heads ({self.heads}); "
                f"use one of {[n for n in range(1, self.heads + 1) if self.heads % n == 0]}"
            )
        return self


Base = Annotated[FolderBase | HubBase | GgufBase | ScratchBase, Field(discriminator="kind")]
# A model that exists already: what a teacher that runs here can be.
Weights = Annotated[FolderBase | HubBase | GgufBase, Field(discriminator="kind")]
