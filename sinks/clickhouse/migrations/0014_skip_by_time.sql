-- Which journeys were under way, and which promises fell due, in a period: months without any are passed over.
ALTER TABLE journeys ADD INDEX IF NOT EXISTS last_at last_at TYPE minmax GRANULARITY 1;
ALTER TABLE promises ADD INDEX IF NOT EXISTS due_at due_at TYPE minmax GRANULARITY 1;
ALTER TABLE journeys MATERIALIZE INDEX IF EXISTS last_at;
ALTER TABLE promises MATERIALIZE INDEX IF EXISTS due_at;
