#!/bin/sh
# Gives the three roles of roles.sql their passwords from /run/secrets. Run once by the postgres
# image, in a database that it has just made.
set -eu

for name in owner app keys; do
    psql --username postgres --set ON_ERROR_STOP=1 --set password="$(cat /run/secrets/${name}_password)" <<SQL
ALTER ROLE rapport_$name PASSWORD :'password';
SQL
done
