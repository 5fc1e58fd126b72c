"""The steps by which a database gets its tables. A step that was released is never edited."""
