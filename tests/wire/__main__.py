"""Adds to the file what this version writes; what was written before stays, and has to be readable."""

from __future__ import annotations

import sys

import msgspec

from tests.wire.forms import FILE
from tests.wire.record import Recorded, changed_records, grown, misread, recorded, today

if __name__ == "__main__":
    before = recorded() if FILE.exists() else Recorded({}, {}, {})
    wrong = changed_records(before, today())
    wrong += [why for name, all_of_it in before.forms.items() for one in all_of_it if (why := misread(name, one))]
    if wrong:
        sys.exit("\n".join(["not added, see docs/releases.md:", *wrong]))
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(grown(before, today())), indent=1) + b"\n")
    print(f"{FILE.name}: has all that this version writes")
