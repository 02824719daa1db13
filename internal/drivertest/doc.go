// Package drivertest runs scripts with other people's clients (psql, psycopg2, node-postgres, pgx, pgbench) straight against PostgreSQL and through Cordon, over TLS and SCRAM-SHA-256. What they print must be the same.
package drivertest
