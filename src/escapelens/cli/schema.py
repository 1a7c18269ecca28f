"""`escapelens schema`: the JSON Schema of `--format json`."""

import sys


def schema() -> None:
    """Print the JSON Schema of what --format json prints."""
    from escapelens.reporters import json

    sys.stdout.buffer.write(json.render_schema())
