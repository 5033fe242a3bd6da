-- On a cluster: the tables that keep rows are in a database of their own, and statements are for every server.
GRANT SELECT ON {{ shard_database }}.* TO omnitrack_views;
GRANT SELECT, INSERT ON {{ shard_database }}.* TO omnitrack_writer;
GRANT SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, TRUNCATE, OPTIMIZE
    ON {{ shard_database }}.* TO omnitrack_operator;
GRANT CLUSTER ON *.* TO omnitrack_operator;

-- For whoever asks with a client of its own: omnitrack's sessions bring this with them.
CREATE SETTINGS PROFILE OR REPLACE omnitrack_cluster SETTINGS
    distributed_product_mode = 'global',
    optimize_skip_unused_shards = 1
    TO omnitrack_analyst, omnitrack_operator;
