#!/usr/bin/env bash
# Run once by the postgres image, when the data folder is new: the role and the database of Candor.
#
# The services never connect as a superuser: row-level security does not hold for superusers. The role may create
# roles, because migrations do, and can neither bypass row-level security nor create databases.

set -euo pipefail

# The password travels through psql's standard input, so that it appears in no process list.
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<SQL
CREATE ROLE candor LOGIN NOSUPERUSER NOCREATEDB CREATEROLE NOBYPASSRLS PASSWORD '$(cat /run/secrets/database_password)';
CREATE DATABASE candor OWNER candor;
REVOKE CONNECT, TEMPORARY ON DATABASE candor FROM PUBLIC;
SQL
