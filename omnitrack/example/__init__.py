"""The example catalogue that comes with omnitrack: a bank with rules for its intents, answers and alerts."""

from __future__ import annotations

from pathlib import Path

# deploy/catalogue.yaml leads here: what is installed has to bring it too.
EXAMPLE_CATALOGUE = Path(__file__).with_name("catalogue.yaml")
