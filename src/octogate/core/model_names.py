"""The part of a model's name by which its family is known."""


def bare_name(model: str) -> str:
    """The name in small letters, without `vendor/` and without the `ft:` of a fine-tuned model."""
    return model.lower().rpartition("/")[2].removeprefix("ft:")
