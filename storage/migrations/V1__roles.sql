-- Roles of the services. They belong to the whole cluster, so another database's migration may be creating them at
-- this very moment; advisory locks do not reach across databases, hence the handlers.
--
-- Nobody logs in as one of these: a service logs in as the user that migrated (or any member of its role) and takes
-- the role for each transaction. Row-level security therefore holds whatever the login's own rights are.

DO $$
DECLARE
    wanted text;
    membership text := CASE WHEN current_setting('server_version_num')::int >= 160000
        -- The right to take the role, but none of its rights without taking it: a forgotten SET ROLE sees nothing.
        THEN 'GRANT %I TO %I WITH INHERIT FALSE, SET TRUE'
        ELSE 'GRANT %I TO %I' END;
    may_take text := CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['candor_api', 'candor_sink'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT NOBYPASSRLS', wanted);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- Another database's migration was faster.
            END;
        END IF;
        IF NOT pg_has_role(current_user, wanted, may_take) THEN
            BEGIN
                EXECUTE format(membership, wanted, current_user);
            EXCEPTION WHEN unique_violation THEN
                NULL; -- Another migration by the same user was faster.
            END;
        END IF;
    END LOOP;
END $$;
