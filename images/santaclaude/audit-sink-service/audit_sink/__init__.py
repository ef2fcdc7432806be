"""Takes audit events, keeps them safe at once, and writes each exactly once to ClickHouse."""
