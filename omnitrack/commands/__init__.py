"""The commands of the command line, a module each, and what the list of commands says of them."""

from __future__ import annotations

COMMANDS = {
    "demo": (
        "demo.demo_command",
        "Start broker, ClickHouse, stream worker, sink and explorer, play a bank into them, and watch what is found.",
    ),
    "up": (
        "up.up_command",
        (
            "Run broker, ClickHouse, stream workers, sink and explorer until Ctrl-C; a second Ctrl-C does not let them"
            " drain."
        ),
    ),
    "simulate": (
        "simulate.simulate_command",
        "Play a bank's customers over its six channels: journeys, referrals, waits, promises, and dirty delivery.",
    ),
    "publish": (
        "publish.publish_command",
        "Publish touchpoints from files: each is checked first, and every line is accounted for.",
    ),
    "copy": (
        "copy.copy_command",
        "Copy the touchpoints that another deployment received into this one: for more partitions, or another Kafka.",
    ),
    "stitch": (
        "stitch.stitch_command",
        "Print the journeys, handoffs, promises and assignment of all touchpoints of the files, as one JSON object.",
    ),
    "catalogue": (
        "catalogue.catalogue_command",
        (
            "Print the example catalogue, that of the demo's bank: `omnitrack catalogue > catalogue.yaml`, then make it"
            " yours."
        ),
    ),
    "migrate": (
        "migrate.migrate_command",
        (
            "Create the database with its tables and views, or bring them up to date. Running it again, even at once,"
            " is safe."
        ),
    ),
    "explore": (
        "explore.explore_command",
        "Serve the analysts' pages until Ctrl-C. ClickHouse may be away: the pages say so, and go on when it is back.",
    ),
    "sql": ("sql.sql_command", "Run SQL in ClickHouse and print the rows."),
    "metrics": (
        "metrics.metrics_command",
        (
            "Show a metric, or list all of them with what they mean. Days and months are those of the catalogue's time"
            " zone."
        ),
    ),
    "report": (
        "report.report_command",
        "Write the report of a month: one HTML page that needs nothing else, to be mailed, printed or shown.",
    ),
    "drain": (
        "drain.drain_command",
        "Wait until all that was published before this call is stitched and stored in ClickHouse.",
    ),
    "status": (
        "status.status_command",
        "Show lag per topic, rows per table, dead letters by reason, and received = stored + dead + duplicate.",
    ),
    "audit": (
        "audit.audit_command",
        "Check, per topic and partition, that received = stored + dead + duplicate, offset by offset.",
    ),
    "replicas": (
        "replicas.replicas_command",
        "Print a reassignment for kafka-reassign-partitions.sh: topics with fewer replicas than wanted get more.",
    ),
    "restitch": (
        "restitch.restitch_command",
        "Make customers anew from all their stored touchpoints and those that came too late, and show what differs.",
    ),
    "rules": ("rules.rules_app", "Check, test and try the alert rules of a catalogue."),
    "schema": (
        "schema.schema_app",
        "What flows on the topics: JSON Schemas, AsyncAPI 3, and Avro. Made from the code.",
    ),
    "retention": (
        "retention.retention_command",
        (
            "Show how long the rows of each table are kept, how long the catalogue wants them kept, and how many would"
            " leave."
        ),
    ),
    "erase": (
        "erase.erase_command",
        "Forget a customer: rows in all tables, state, links, dead letters; what comes later is refused as `erased`.",
    ),
    "dead": (
        "dead.dead_app",
        "Dead letters: records that broke the contract. Find them, repair and replay them, or give them up.",
    ),
    "explorer-user": ("explorer_user.explorer_user_app", "Users who may log in to the explorer."),
    "undelivered": (
        "undelivered.undelivered_app",
        "Alerts that a webhook did not take. See why, and send them again.",
    ),
    "pseudonyms": ("pseudonyms.pseudonyms_app", "The pseudonymisation key, and how it is replaced."),
}
"""By name: module and attribute of each here, and its line in the list, for which nothing needs to be imported."""
