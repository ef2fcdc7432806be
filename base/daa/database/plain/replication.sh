#!/bin/sh
# Runs once, when the primary's data directory is made: let the replicas stream from it.
set -eu
echo "host replication all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
psql --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" --command="ALTER ROLE CURRENT_USER WITH REPLICATION"
