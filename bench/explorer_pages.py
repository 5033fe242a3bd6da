"""How long the answers of each page of the explorer take for a month of many touchpoints.

`python -m bench.explorer_pages [--touchpoints N] [--months N] [--clickhouse URL]`; data as in bench.metrics_views.
Prints, per page, the time until all of its queries are answered, asked side by side as the page asks them, and its
slowest query asked alone.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping

from bench.metrics_views import CATALOGUE, MONTH, SINCE, database, fill
from explorer.filters import Filters, Period
from explorer.pages.registry import PAGES
from explorer.queries import Query, Scope
from explorer.store import Failure, Store
from schemas.catalogue import load_catalogue
from sinks.clickhouse.client import connected
from sinks.clickhouse.migrate import migrate

PATIENCE = 120.0


def seconds(store: Store, queries: Mapping[str, Query]) -> float:
    begun = time.perf_counter()
    answers = store.read(queries)
    taken = time.perf_counter() - begun
    failed = {name: answer.text for name, answer in answers.items() if isinstance(answer, Failure)}
    if failed:
        raise SystemExit(f"not answered: {failed}")
    return taken


def report(store: Store, scope: Scope) -> None:
    begun = time.perf_counter()
    store.facts()
    print(f"{'what every page asks first':<28} {time.perf_counter() - begun:>6.2f} s")
    print(f"\n{'seconds for a month':<14} {'queries':>8} {'together':>9} {'slowest':>8}")
    for name, page in PAGES.items():
        queries = page.queries(scope)
        together = seconds(store, queries)
        alone = {query: seconds(store, {query: queries[query]}) for query in queries}
        slowest = max(alone, key=lambda query: alone[query])
        print(f"{name:<14} {len(queries):>8} {together:>9.2f} {alone[slowest]:>8.2f} {slowest}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--touchpoints", type=int, default=10_000_000)
    parser.add_argument("--months", type=int, default=3)
    parser.add_argument("--clickhouse", metavar="URL", help="a database of its own; filled only if it has no journeys")
    options = parser.parse_args()
    with database(options.clickhouse) as settings:
        migrate(settings, load_catalogue(CATALOGUE))
        with connected(settings) as client:
            if not client.execute("SELECT 1 FROM journeys LIMIT 1"):
                fill(client, options.touchpoints, options.months)
        until = SINCE + options.months * MONTH
        scope = Scope(Filters(), Period(until - MONTH, until), "Asia/Shanghai", until)
        report(Store(settings, PATIENCE), scope)


if __name__ == "__main__":
    main()
