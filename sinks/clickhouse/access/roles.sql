-- As whom the views read their tables: whoever may ask a view needs no right on what is below. Nobody logs in as it.
CREATE USER IF NOT EXISTS omnitrack_views IDENTIFIED WITH no_password HOST NONE;
GRANT SELECT ON {{ database }}.* TO omnitrack_views;

-- The sink: it inserts rows and changes none.
CREATE ROLE IF NOT EXISTS omnitrack_writer;
GRANT SELECT, INSERT ON {{ database }}.* TO omnitrack_writer;

-- Who operates it: migrations, erasing a customer, dead letters.
CREATE ROLE IF NOT EXISTS omnitrack_operator;
GRANT SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, TRUNCATE, OPTIMIZE
    ON {{ database }}.* TO omnitrack_operator;

-- Analysts ask views that show no single customer; a query has bounds, which they may lower and not raise.
CREATE ROLE IF NOT EXISTS omnitrack_analyst;
CREATE SETTINGS PROFILE OR REPLACE omnitrack_analyst SETTINGS
    readonly = 2 CONST,
    max_execution_time = 60 MIN 0.001 MAX 60,
    max_memory_usage = 4000000000 MIN 1 MAX 4000000000,
    max_rows_to_read = 2000000000 MIN 1 MAX 2000000000,
    max_result_rows = 1000000 MIN 1 MAX 1000000
    TO omnitrack_analyst;
