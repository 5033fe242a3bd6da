"""Fuzzes what ingest does to a record's bytes: `python -m tests.fuzz [--records N] [--seed N]`.

Exit code 1 with the record for which something does not hold; the same seed finds it again.
"""

from __future__ import annotations

import argparse
import random
import sys
import time

from tests.fuzz.oracle import BrokenPromise
from tests.fuzz.run import Findings, fuzz


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    options = parser.parse_args()
    begun = time.monotonic()
    print(f"seed {options.seed}, {options.records:,} records", flush=True)

    def tell(done: int, findings: Findings) -> None:
        if sys.stdout.isatty():
            print(f"\r{done:,} checked, {len(findings.signatures):,} kinds", end="", flush=True)

    try:
        findings = fuzz(options.seed, options.records, tell)
    except BrokenPromise as broken:
        sys.exit(f"\nseed {options.seed}: {broken}")
    seconds = time.monotonic() - begun
    print(f"\nnothing found in {seconds:.0f} s ({options.records / seconds:,.0f} records/s); what the records led to:")
    for fate, count in findings.fates.most_common():
        print(f"  {fate:18}{count:12,}")
    print(f"  {'kinds of outcome':18}{len(findings.signatures):12,}")


if __name__ == "__main__":
    main()
