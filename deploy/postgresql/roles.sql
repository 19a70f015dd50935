-- Once, as a superuser of the server:  psql --file roles.sql
-- Then set the passwords:              \password rapport_owner   (and the other two)

-- owns the log and upgrades it; no process of the hub runs under it
CREATE ROLE rapport_owner LOGIN;
-- serves and folds: may add to the log and read it, nothing else
CREATE ROLE rapport_app LOGIN;
-- owns the keys, in a database of their own
CREATE ROLE rapport_keys LOGIN;

-- what the application's role owns, the owner may upgrade
GRANT rapport_app TO rapport_owner;

CREATE DATABASE rapport OWNER rapport_owner ENCODING 'UTF8' TEMPLATE template0;
CREATE DATABASE rapport_keys OWNER rapport_keys ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE rapport, rapport_keys FROM PUBLIC;
GRANT CONNECT ON DATABASE rapport TO rapport_app;
