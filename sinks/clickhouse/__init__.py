"""ClickHouse: client, migrations, writer, sink agent."""
