"""Where the hall is kept: SQLite for one hall, PostgreSQL for many."""
